// npm run drift: fails when a generated document is not what the program says. Changes nothing.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildServer, project } from './prepare.mjs';

buildServer();
const { documents } = await import('./documents.mjs');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-drift-'));
let drifted = 0;
try {
  for (const [file, content] of await documents()) {
    const committed = path.join(project, file);
    if (fs.existsSync(committed) && fs.readFileSync(committed, 'utf8') === content) continue;
    drifted++;
    const fresh = path.join(folder, path.basename(file));
    fs.writeFileSync(fresh, content);
    spawnSync('diff', ['-u', committed, fresh], { stdio: 'inherit' });
    console.error(`${file} is out of date: npm run docs:generate`);
  }
} finally {
  fs.rmSync(folder, { recursive: true });
}
if (drifted > 0) process.exit(1);
console.log('Generated documents are up to date.');
