import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Jest and the scripts run here; neither `__dirname` nor `import.meta` exists for both. */
export const project = process.cwd();

const START_MS = 60_000;

/** Brings dist/ up to date; `npm test` has done so already. */
export function buildProgram(): void {
  const built = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: project, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`${built.stdout}${built.stderr}`);
}

/** The built program as an operator runs it: a process of its own, spoken to over HTTP and with signals. */
export class ServerProcess {
  private said = '';

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /**
   * @param program another build of the server
   * @param heard told of all it has said, while it starts
   */
  static async start(
    env: Readonly<Record<string, string>>,
    program?: string,
    heard?: (said: string) => void,
  ): Promise<ServerProcess> {
    const child = spawnServer(env, program);
    let said = '';
    const hear = (chunk: Buffer) => {
      said += chunk.toString();
      heard?.(said);
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    const deadline = Date.now() + START_MS;
    for (;;) {
      const [, url] = /listens on (http:\S+)\/api/.exec(said) ?? [];
      if (url !== undefined) {
        const server = new ServerProcess(child, url);
        child.stdout?.on('data', (chunk) => (server.said += chunk));
        server.said = said;
        return server;
      }
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > deadline) {
        child.kill('SIGKILL');
        throw new Error(`the server did not start:\n${said}`);
      }
      await pause(20);
    }
  }

  get output(): string {
    return this.said;
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Sends a signal and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    if (!this.hasEnded) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    return { code: this.child.exitCode, signal: this.child.signalCode };
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Runs the program until it ends by itself, or is killed after so long. */
export async function runToEnd(
  env: Readonly<Record<string, string>>,
  killAfterMs?: number,
): Promise<{ code: number | null; said: string }> {
  const child = spawnServer(env);
  if (killAfterMs !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  let said = '';
  child.stdout?.on('data', (chunk) => (said += chunk));
  child.stderr?.on('data', (chunk) => (said += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said };
}

/** An operator's command, as it is run in the container: `node dist/cli.js …`. */
export async function runCommand(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [path.join(project, 'dist/cli.js'), ...words], {
    cwd: os.tmpdir(),
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (err += chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

function spawnServer(
  env: Readonly<Record<string, string>>,
  program = path.join(project, 'dist/main.js'),
): ChildProcess {
  return spawn(process.execPath, [program], {
    // Not in the project, where a developer's .env may lie.
    cwd: os.tmpdir(),
    env: { PATH: process.env.PATH, PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A folder for one test, below the system's temporary one; others may pass through, as PostgreSQL's account must. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-black-box-'));
  fs.chmodSync(folder, 0o711);
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/** Process numbers of PostgreSQL servers on that folder, and of their children. Linux only. */
export function postgresProcesses(folder: string): number[] {
  const parents = new Map<number, number>();
  const servers = new Set<number>();
  for (const name of fs.readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
    try {
      const command = fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      parents.set(
        Number(name),
        Number(/^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]),
      );
      if (command[0]?.endsWith('/postgres') && command.some((part) => part.startsWith(folder)))
        servers.add(Number(name));
    } catch {
      // Ended while we looked.
    }
  return [...parents].filter(([pid, parent]) => servers.has(pid) || servers.has(parent)).map(([pid]) => pid);
}
