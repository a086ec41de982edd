// npm test [-- PATH … OPTIONS …]: all arguments go to jest. The black-box tests run dist/, so it is built first.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { build, project } from './prepare.mjs';

/** Each worker loads the whole application (about 300 MB); beyond a few, PostgreSQL is the limit. */
const MAX_WORKERS = 4;

build();
const args = process.argv.slice(2);
if (!args.some((arg) => /^(-i|-w|--runInBand|--maxWorkers)/.test(arg)))
  args.push(`--maxWorkers=${Math.min(MAX_WORKERS, availableParallelism())}`);
const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', ...args], {
  cwd: project,
  stdio: 'inherit',
});
process.exit(status ?? 1);
