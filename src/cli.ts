import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { CliModule } from './cli/cli.module.js';
import { runCli } from './cli/run.js';
import { InvalidEnvironment } from './config/env.js';
import { loadEnv } from './config/load-env.js';

/** Quiet but for what went wrong. A running embedded server is used, not started twice; see database-server.ts. */
const open = () =>
  NestFactory.createApplicationContext(CliModule.with(loadEnv()), {
    logger: ['fatal', 'error'],
    abortOnError: false,
  });

try {
  const { exitCode, text } = await runCli(process.argv.slice(2), open);
  if (exitCode === 0) console.log(text);
  else console.error(text);
  process.exitCode = exitCode;
} catch (error) {
  console.error(error instanceof InvalidEnvironment ? error.message : error);
  // Half-opened modules may hold connections that would keep the process alive.
  process.exit(1);
}
