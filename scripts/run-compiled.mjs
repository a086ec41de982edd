// Runs a program of test/bench outside of jest: what is measured is dist/, built as for production.
import fs from 'node:fs';
import path from 'node:path';
import { buildServer, project } from './prepare.mjs';

/** Ends the process with the program's exit code. */
export async function runCompiled(/** @type {string} */ name) {
  buildServer();
  const { compileFolders } = await import('../test/support/compile-sources.mjs');
  const program = compileFolders(`${name}-${process.pid}`, ['src', 'test/bench']);
  process.on('exit', () => fs.rmSync(program, { recursive: true, force: true }));
  try {
    const main = await import(path.join(program, `test/bench/${name}.js`));
    process.exit(await main[name]({ program, project }, process.argv.slice(2)));
  } catch (error) {
    console.error(error?.name === 'UsageError' ? error.message : error);
    process.exit(1);
  }
}
