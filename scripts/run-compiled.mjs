// Runs a program below test outside of jest: what it speaks to is dist/, built as for production.
import fs from 'node:fs';
import path from 'node:path';
import { buildServer, project } from './prepare.mjs';

/** Ends the process with the program's exit code. `folder` holds it, `needs` what it imports. */
export async function runCompiled(
  /** @type {string} */ name,
  { folder = 'test/bench', needs = ['src', 'test/bench'] } = {},
) {
  process.chdir(project);
  buildServer();
  const { compileFolders } = await import('../test/support/compile-sources.mjs');
  const program = compileFolders(`${name}-${process.pid}`, needs);
  process.on('exit', () => fs.rmSync(program, { recursive: true, force: true }));
  try {
    const main = await import(path.join(program, folder, `${name}.js`));
    process.exit(await main[name]({ program, project }, process.argv.slice(2)));
  } catch (error) {
    console.error(error?.name === 'UsageError' ? error.message : error);
    process.exit(1);
  }
}
