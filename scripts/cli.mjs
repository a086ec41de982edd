// npm run cli -- subscription show EMAIL: commands for operators, see docs/operations.md.
import { buildServer, project } from './prepare.mjs';

buildServer();
process.chdir(project);
await import('../dist/cli.js');
