import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of the nearest package.json above this file: compiled it lies elsewhere than as a source. */
function readVersion(folder: string): string {
  const file = path.join(folder, 'package.json');
  if (fs.existsSync(file)) return (JSON.parse(fs.readFileSync(file, 'utf8')) as { version: string }).version;
  const above = path.dirname(folder);
  return above === folder ? 'unknown' : readVersion(above);
}

export const PROGRAM_VERSION = readVersion(path.dirname(fileURLToPath(import.meta.url)));
