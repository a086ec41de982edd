// npm run docs:generate: writes .env.example, docs/openapi.json and the tables in docs/ anew.
import fs from 'node:fs';
import path from 'node:path';
import { buildServer, project } from './prepare.mjs';

buildServer();
const { documents } = await import('./documents.mjs');
for (const [file, content] of await documents()) {
  fs.writeFileSync(path.join(project, file), content);
  console.log(`wrote ${file}`);
}
