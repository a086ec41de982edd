import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { lockFileOf, TAKE_LOCK } from './folder-lock.js';
import type { Account } from './postgres-account.js';
import type { Binaries } from './postgres-binaries.js';
import { postgresEnvironment } from './postgres-folder.js';
import { isServing, type Postmaster } from './postmaster-file.js';

/** A server to talk to: one of our own, or one that another process of ours keeps. */
export interface RunningServer {
  port: number;
  /** Settles when the server is gone, for whatever reason. */
  ended: Promise<void>;
  hasEnded(): boolean;
  /** What the server said last; empty where it is another process's. */
  lastWords(): string;
  stop(): Promise<void>;
}

/**
 * Keeps PostgreSQL exactly as long as our end of a pipe is open. The kernel closes it however we die, kill -9 included;
 * the shell then asks for a fast shutdown. The pipe is moved to descriptor 3 because background jobs of a shell read
 * from /dev/null.
 */
const WATCHDOG = `
lock=$1
shift${TAKE_LOCK}
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
trap 'kill -INT $server' INT TERM
{ cat <&3 >/dev/null; kill -INT $server; } 2>/dev/null 9>&- &
reader=$!
wait $server; result=$?
while kill -0 $server 2>/dev/null; do wait $server; result=$?; done
kill $reader 2>/dev/null
exit $result`;

const LAST_WORDS_LENGTH = 4000;
const REUSED_POLL_MS = 200;

export interface ServerCommand {
  binaries: Binaries;
  folder: string;
  account: Account;
  port: number;
  settings: Readonly<Record<string, string>>;
}

/** jit costs milliseconds on the short statements of this application. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // A socket's path may not exceed 107 bytes, which a project folder easily does.
  unix_socket_directories: '',
  logging_collector: 'off',
  log_destination: 'stderr',
  jit: 'off',
};

export function spawnServer({ binaries, folder, account, port, settings }: ServerCommand): RunningServer {
  const args = ['-D', folder, '-p', String(port)];
  for (const [name, value] of Object.entries({ ...SETTINGS, ...settings }))
    args.push('-c', `${name}=${value}`);
  const common = { ...account, cwd: path.parse(folder).root, env: postgresEnvironment() };
  const child =
    process.platform === 'win32'
      ? spawn(binaries.postgres, args, { ...common, stdio: ['ignore', 'ignore', 'pipe'] })
      : // In a session of its own, so that Ctrl-C reaches us and not the server below us.
        spawn('/bin/sh', ['-c', WATCHDOG, 'sh', lockFileOf(folder), binaries.postgres, ...args], {
          ...common,
          detached: true,
          stdio: ['pipe', 'ignore', 'pipe'],
        });
  const ended = once(child, 'exit').then(
    () => undefined,
    () => undefined,
  );
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-LAST_WORDS_LENGTH);
  });
  child.stdin?.on('error', () => undefined);
  return {
    port,
    ended,
    hasEnded: () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined,
    lastWords: () => said,
    stop: async () => {
      requestStop(child, binaries, folder);
      await ended;
    },
  };
}

function requestStop(child: ChildProcess, binaries: Binaries, folder: string): void {
  if (child.stdin === null) spawnSync(binaries.pg_ctl, ['stop', '-D', folder, '-m', 'fast', '-W']);
  else child.stdin.end();
}

/** A server that another process started, and will stop. */
export function watchServer({ pid, port }: Postmaster, folder: string): RunningServer {
  let gone = false;
  let timer: NodeJS.Timeout | undefined;
  const ended = new Promise<void>((resolve) => {
    timer = setInterval(() => {
      if (isServing(pid, folder)) return;
      gone = true;
      clearInterval(timer);
      resolve();
    }, REUSED_POLL_MS);
    timer.unref();
  });
  const stop = () => {
    clearInterval(timer);
    return Promise.resolve();
  };
  return { port, ended, hasEnded: () => gone, lastWords: () => '', stop };
}
