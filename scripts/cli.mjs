// npm run cli -- subscription show EMAIL: commands for operators, see docs/operations.md.
import { build, project } from './prepare.mjs';

build();
process.chdir(project);
await import('../dist/cli.js');
