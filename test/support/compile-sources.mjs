import fs from 'node:fs';
import path from 'node:path';
import { transformFileSync } from '@swc/core';

const project = path.resolve(import.meta.dirname, '../..');

const settings = {
  swcrc: false,
  configFile: false,
  sourceMaps: 'inline',
  module: { type: 'nodenext' },
  jsc: {
    parser: { syntax: 'typescript', decorators: true },
    target: 'es2023',
    keepClassNames: true,
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
};

function compile(folder, out) {
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts') || name.includes('node_modules')) continue;
    const file = path.join(out, name.replace(/\.ts$/, '.js'));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, transformFileSync(path.join(folder, name), settings).code);
  }
}

function emptied(target) {
  const out = path.join(project, 'build', target);
  fs.rmSync(out, { recursive: true, force: true });
  return out;
}

/**
 * Compiles src/ to ES modules for code that jest does not transform (its global setup), so that the launcher and the
 * migrations exist once. Gives the folder to import from; it lies in the project, where node_modules is found.
 */
export function compileSources(target) {
  const out = emptied(target);
  compile(path.join(project, 'src'), out);
  return out;
}

/** The same for several folders of the project, each under its own name. */
export function compileFolders(target, folders) {
  const out = emptied(target);
  for (const folder of folders) compile(path.join(project, folder), path.join(out, folder));
  return out;
}
