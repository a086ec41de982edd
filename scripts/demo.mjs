// npm run demo: two phones and a portal, played against a server on a throw-away database; see demo/story.mjs.
import { build, project } from './prepare.mjs';

build();
process.chdir(project);
await import('../demo/run.mjs');
