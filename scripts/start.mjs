// npm start: from a bare clone to a listening server. The server runs in this very process, so that whoever ends it ends
// all of it.
import { build, project } from './prepare.mjs';

build();
process.chdir(project);
await import('../dist/main.js');
