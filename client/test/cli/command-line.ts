import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PASSWORD } from '../../../test/support/api.js';
import type { WireRecord } from '../../src/sync/record.js';

const PROGRAM = path.resolve(__dirname, '../../bin/phoenix-sync.mjs');

export interface Said {
  exitCode: number | null;
  stdout: string;
  stderr: string;
}

/** A command that is running, as somebody at its terminal sees it. */
export class Running {
  stdout = '';
  stderr = '';
  private readonly closed: Promise<unknown[]>;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly child: ChildProcess) {
    this.closed = once(child, 'close');
    child.stdout?.on('data', (chunk) => this.hear(() => (this.stdout += String(chunk))));
    child.stderr?.on('data', (chunk) => this.hear(() => (this.stderr += String(chunk))));
    child.on('close', () => this.hear(() => undefined));
  }

  /** Waits until it has said that on either stream. */
  says(what: RegExp): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const isOver = this.child.exitCode !== null || this.child.signalCode !== null;
        if (what.test(this.stdout + this.stderr)) resolve();
        else if (isOver)
          reject(new Error(`it ended without saying ${String(what)}:\n${this.stdout}${this.stderr}`));
        else return;
        this.listeners.delete(look);
      };
      this.listeners.add(look);
      look();
    });
  }

  async end(signal?: NodeJS.Signals): Promise<Said> {
    if (signal !== undefined) this.child.kill(signal);
    await this.closed;
    return { exitCode: this.child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  private hear(take: () => void): void {
    take();
    for (const listener of this.listeners) listener();
  }
}

/** Somebody at a terminal with a phone of that name: the built program, a process for each command. */
export class CommandLine {
  constructor(
    readonly name: string,
    private readonly folder: string,
  ) {}

  start(...words: string[]): Running {
    const { PATH, SystemRoot } = process.env;
    const env = {
      PATH,
      SystemRoot,
      PHOENIX_DATA: this.folder,
      PHOENIX_PHONE: this.name,
      PHOENIX_PASSWORD: PASSWORD,
    };
    return new Running(
      spawn(process.execPath, [PROGRAM, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  }

  /** Runs a command to its end, whatever that is. */
  try(...words: string[]): Promise<Said> {
    return this.start(...words).end();
  }

  /** Runs a command that has to succeed. @returns what it printed */
  async run(...words: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.try(...words);
    if (exitCode !== 0) throw new Error(`${words.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
    return stdout;
  }

  async list(collection: string): Promise<WireRecord[]> {
    const lines = await this.run('list', collection, '--json');
    return lines
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as WireRecord);
  }

  /** What this phone’s own copies hash to, once the portal’s are found equal. */
  async equalDigest(): Promise<string> {
    const said = await this.run('digest');
    expect(said).toContain('EQUAL: this phone holds exactly what the portal holds.');
    return said;
  }
}

/** Both phones hold what the portal holds, and so the same. */
export async function expectAgreement(...phones: CommandLine[]): Promise<void> {
  const digests = await Promise.all(phones.map((phone) => phone.equalDigest()));
  expect(new Set(digests).size).toBe(1);
}
