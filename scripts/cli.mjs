// npm run cli -- subscription show EMAIL: commands for operators, see docs/operations/commands.md.
import { buildServer, project } from './prepare.mjs';

buildServer({ tools: false });
process.chdir(project);
await import('../dist/cli.js');
