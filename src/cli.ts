import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CliModule } from './cli/cli.module.js';
import { TerminalRun } from './cli/run-context.js';
import { runCli } from './cli/run.js';
import { leaveRecurringWorkToServers } from './common/recurring.js';
import { InvalidEnvironment } from './config/env.js';
import { loadEnv } from './config/load-env.js';
import { UnsuitableDatabase } from './database/migrate.js';
import { EmbeddedPostgresError } from './database/postgres-account.js';

/** Quiet but for what went wrong. A running embedded server is used, not started twice; see database-server.ts. */
const open = () =>
  NestFactory.createApplicationContext(CliModule.with(loadEnv()), {
    logger: ['fatal', 'error'],
    abortOnError: false,
  });

/** What the operator can correct needs no stack. */
const isForPeople = (error: unknown): error is Error =>
  error instanceof InvalidEnvironment ||
  error instanceof EmbeddedPostgresError ||
  error instanceof UnsuitableDatabase;

const run = new TerminalRun();
leaveRecurringWorkToServers();
try {
  const { exitCode, text } = await runCli(process.argv.slice(2), open, { run });
  run.clear();
  if (exitCode === 0) console.log(text);
  else console.error(text);
  process.exitCode = exitCode;
} catch (error) {
  run.clear();
  console.error(isForPeople(error) ? error.message : error);
  // Half-opened modules may hold connections that would keep the process alive.
  process.exit(1);
}
