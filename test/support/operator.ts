import { NestFactory } from '@nestjs/core';
import { CliModule } from '../../src/cli/cli.module.js';
import type { Outcome } from '../../src/cli/command.js';
import { runCli } from '../../src/cli/run.js';
import type { TestApp } from './app.js';

export interface Said extends Outcome {
  /** What it said before it ended. */
  lines: string[];
}

/** The operator beside a running server, as `npm run cli -- …` in this process. */
export function operatorOf(app: TestApp) {
  const open = () =>
    NestFactory.createApplicationContext(CliModule.with(app.env), { logger: false, abortOnError: false });
  /** `interruptAfter`: Ctrl-C when the work has told of its progress that often. */
  return async (words: readonly string[], { interruptAfter = Infinity } = {}): Promise<Said> => {
    const lines: string[] = [];
    const stop = new AbortController();
    let told = 0;
    const run = {
      say: (line: string) => lines.push(line),
      progress: () => {
        if (++told >= interruptAfter) stop.abort();
      },
      interruption: () => stop.signal,
    };
    return { ...(await runCli([...words], open, { run, env: () => app.env })), lines };
  };
}
