#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);

if (existsSync(program)) await import(program.href);
else {
  console.error('This copy of phoenix-sync was not built yet. In the folder of the project: npm run build');
  process.exitCode = 1;
}
