import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs by itself: what it measures is not to wait for the phones that this process plays. */
const PROGRAM = `
  const url = process.argv[1];
  const found = { beats: 0, bad: 0, maxMs: 0 };
  let isOver = false;
  process.on('SIGTERM', () => (isOver = true));
  const beat = async () => {
    const began = performance.now();
    const status = await fetch(url).then(async (answer) => (await answer.text(), answer.status), () => 0);
    const ms = performance.now() - began;
    found.beats++;
    if (status !== 200) found.bad++;
    // The first ones open the connection and warm up.
    if (found.beats > 3) found.maxMs = Math.max(found.maxMs, ms);
    if (isOver) process.stdout.write(JSON.stringify(found), () => process.exit());
    else setTimeout(beat, 100);
  };
  void beat();
`;

export interface Beats {
  beats: number;
  bad: number;
  /** The slowest. */
  maxMs: number;
}

/** Asks whether a server is alive, ten times a second: how late its event loop is. */
export class Pulse {
  private readonly child: ChildProcess;
  private said = '';

  constructor(url: string) {
    this.child = spawn(process.execPath, ['-e', PROGRAM, `${url}/health/live`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.child.stdout?.on('data', (chunk) => (this.said += chunk));
  }

  async stop(): Promise<Beats> {
    const closed = once(this.child, 'close');
    this.child.kill('SIGTERM');
    await closed;
    return JSON.parse(this.said) as Beats;
  }
}
