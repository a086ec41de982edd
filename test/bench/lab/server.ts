import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { cpuOf } from '../measure/processes.js';

const READY_MS = 60_000;
const READY_POLL_MS = 5;
const END_MS = 10_000;

export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

export interface ServerOptions {
  env: Record<string, string>;
  cwd: string;
  /** What it says goes into this file, which tells the reason when it does not start. */
  log: string;
  /** For Node itself. */
  flags?: readonly string[];
}

/** A server under measurement: a process of its own that listens on 127.0.0.1. */
export class Server {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
    /** From the start of the process to the first 200 of /health/ready, in ms. */
    readonly readyMs: number,
  ) {}

  static async start(program: string, { env, cwd, log, flags = [] }: ServerOptions): Promise<Server> {
    const port = await freePort();
    const out = fs.openSync(log, 'a');
    const began = performance.now();
    const child = spawn(process.execPath, [...flags, program], {
      // Not in the project, where a developer's .env may lie.
      cwd,
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', PORT: String(port), ...env },
      stdio: ['ignore', out, out],
    });
    fs.closeSync(out);
    const url = `http://127.0.0.1:${port}`;
    while (!(await isReady(url))) {
      if (child.exitCode !== null || performance.now() - began > READY_MS) {
        child.kill('SIGKILL');
        throw new Error(`${program} did not start:\n${fs.readFileSync(log, 'utf8').slice(-4000)}`);
      }
      await pause(READY_POLL_MS);
    }
    return new Server(child, url, performance.now() - began);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  cpu(): number {
    return cpuOf(this.pid);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    const timer = setTimeout(() => this.child.kill('SIGKILL'), END_MS);
    await ended;
    clearTimeout(timer);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health/ready`);
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
