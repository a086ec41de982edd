import type { AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { createApp } from './app.js';
import { type Env, InvalidEnvironment } from './config/env.js';
import { loadEnv } from './config/load-env.js';
import { UnsuitableDatabase } from './database/migrate.js';
import { EmbeddedPostgresError } from './database/postgres-account.js';

/** Orchestrators kill after 30 s; requests have at most 28 (data-source.ts). */
const SHUTDOWN_MS = 29_000;

/**
 * V8 lets the heap grow to four times what was alive before it looks for garbage in it; to twice is enough here. Measured
 * with 64 pushes of 1 MB at once: 300 to 330 MB resident at most instead of 400, in the same time of the processor.
 * Here and not on a command line, so that it holds however the server is started.
 */
setFlagsFromString('--heap-growing-percent=100');

/** What whoever starts the server can correct needs no stack. */
const isForPeople = (error: unknown): error is Error =>
  error instanceof InvalidEnvironment ||
  error instanceof EmbeddedPostgresError ||
  error instanceof UnsuitableDatabase ||
  (error instanceof Error && 'syscall' in error && error.syscall === 'listen');

async function start(env: Env): Promise<void> {
  const { app } = await createApp(env);
  let closing = false;
  const stop = (signal: NodeJS.Signals) => {
    // A second Ctrl-C means it.
    if (closing) process.exit(1);
    closing = true;
    console.log(`${signal}: finishing the requests under way`);
    setTimeout(() => process.exit(1), SHUTDOWN_MS).unref();
    void app.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  await app.listen(env.port, env.host);
  const { address, port, family } = app.getHttpServer().address() as AddressInfo;
  // Not an address to visit.
  const isWildcard = address === '0.0.0.0' || address === '::';
  const host = isWildcard ? 'localhost' : family === 'IPv6' ? `[${address}]` : address;
  console.log(`\nPhoenix Portal listens on http://${host}:${port}/api`);
  console.log(`Documentation: http://${host}:${port}/api/docs\n`);
}

try {
  await start(loadEnv());
} catch (error) {
  console.error(isForPeople(error) ? error.message : error);
  process.exit(1);
}
