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

/**
 * Compiles src/ to ES modules for code that jest does not transform (its global setup), so that the launcher and the
 * migrations exist once. Gives the folder to import from; it lies in the project, where node_modules is found.
 */
export function compileSources(target) {
  const out = path.join(project, 'build', target);
  fs.rmSync(out, { recursive: true, force: true });
  for (const name of fs.readdirSync(path.join(project, 'src'), { recursive: true })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
    const file = path.join(out, name.replace(/\.ts$/, '.js'));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, transformFileSync(path.join(project, 'src', name), settings).code);
  }
  return out;
}
