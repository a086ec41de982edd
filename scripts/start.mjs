// npm start: from a bare clone to a listening server. The server runs in this very process, so that whoever ends it ends
// all of it.
import { build, project } from './prepare.mjs';

const PARENT_CHECK_MS = 500;
const parent = process.ppid;

/** npm passes SIGTERM to the shell that it runs us in, which ends without a word to us. Windows never changes `ppid`. */
function endWithParent() {
  const watch = setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGTERM');
  }, PARENT_CHECK_MS).unref();
  // A second signal would end the server at once: Ctrl-C reaches us and the shell.
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => clearInterval(watch));
}

build({ tools: false });
process.chdir(project);
await import('../dist/main.js');
// Only now are there listeners for signals: ours alone would swallow them.
if (process.env.npm_lifecycle_event !== undefined) endWithParent();
