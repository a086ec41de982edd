// npm run simulate -- --runs 20000 [--seed N] [--server model|real] [--ablate NAME] [--jobs 2] [--replay PATH]
// The simulation of test/simulation outside of jest, on all cores. Ends with 1 if an invariant was violated.
import { fork } from 'node:child_process';
import fs from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compileFolders } from '../test/support/compile-sources.mjs';
import setup from '../test/support/global-setup.mjs';
import teardown from '../test/support/global-teardown.mjs';
import { project } from './prepare.mjs';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20000' },
    seed: { type: 'string' },
    server: { type: 'string', default: 'model' },
    ablate: { type: 'string' },
    jobs: { type: 'string' },
    replay: { type: 'string' },
  },
});
const runs = Number(values.runs);
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const jobs = values.replay ? 1 : Math.min(runs, Number(values.jobs ?? availableParallelism()));
/** Far enough apart that the jobs never run the same script. */
const SEED_STEP = 1_000_003;

const out = compileFolders(`simulation-${process.pid}`, ['src', 'test', 'client/src']);
// Packages are looked up from the compiled files upwards; those of the client alone lie in its own folder.
const packages = path.join(project, 'client/node_modules');
if (fs.existsSync(packages)) fs.symlinkSync(packages, path.join(out, 'client/node_modules'), 'junction');
if (values.server === 'real') await setup();

console.log(`${runs} runs on ${jobs} processes against the ${values.server} server, seed ${seed}`);
const began = performance.now();
const done = Array.from({ length: jobs }, () => 0);
const total = () => done.reduce((sum, n) => sum + n, 0);
const perMinute = () => Math.round((total() * 60_000) / (performance.now() - began));

function progress() {
  if (process.stdout.isTTY) process.stdout.write(`\r${total()} of ${runs} runs, ${perMinute()} a minute `);
}

function work(job) {
  const share = Math.floor(runs / jobs) + (job < runs % jobs ? 1 : 0);
  const order = {
    runs: share,
    seed: seed + job * SEED_STEP,
    server: values.server,
    ablation: values.ablate ?? null,
    path: values.replay,
  };
  const child = fork(path.join(out, 'test/simulation/worker.js'), [JSON.stringify(order)], { cwd: project });
  return new Promise((resolve, reject) => {
    let failure = null;
    child.on('message', (message) => {
      done[job] = message.runs ?? message.result.runs;
      failure = message.result?.failure ?? failure;
      progress();
      // One violation is enough: the others are not waited for.
      if (failure !== null) resolve({ failure, children: child });
    });
    child.on('exit', (code) =>
      code === 0 ? resolve({ failure }) : reject(new Error(`a worker ended with ${code}`)),
    );
    process.on('exit', () => child.kill());
  });
}

const works = Array.from({ length: jobs }, (_, job) => work(job));
let failure = null;
try {
  await Promise.all(
    works.map(async (one) => {
      const result = await one;
      if (result.failure !== null) throw Object.assign(new Error('violated'), { failure: result.failure });
    }),
  );
} catch (error) {
  failure = error.failure ?? error.stack;
}
if (values.server === 'real') await teardown();
fs.rmSync(out, { recursive: true, force: true });
console.log(`\n${total()} runs, ${perMinute()} runs a minute`);
console.log(failure ?? 'No invariant was violated.');
process.exit(failure === null ? 0 : 1);
