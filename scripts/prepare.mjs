// Brings a bare clone into a state that can run: packages as in package-lock.json, dist/ as in src/, client/dist/ as in
// client/src/. Only what Node itself ships may be imported here: there may be no node_modules yet.
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export const project = path.resolve(import.meta.dirname, '..');

const OLDEST_NODE = [20, 19];

const read = (file) => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : undefined);

function filesBelow(folder) {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted();
}

/** Changes when a name or a byte changes; times of files say nothing after a clone or a checkout. */
function fingerprint(files) {
  const hash = crypto.createHash('sha256');
  for (const file of files)
    hash.update(path.relative(project, file)).update('\0').update(fs.readFileSync(file)).update('\0');
  return hash.digest('hex');
}

function run(what, command, args) {
  console.log(what);
  const { status, error } = spawnSync(command, args, {
    cwd: project,
    stdio: 'inherit',
    // npm is a script of the shell on Windows.
    shell: process.platform === 'win32',
  });
  if (status === 0) return;
  console.error(error?.message ?? `${command} ${args.join(' ')} ended with ${status}`);
  process.exit(1);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return;
  console.error(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

/**
 * Whether node_modules holds what package-lock.json says, by npm's own list of what it has installed; without `tools`, only
 * what runs, as `npm prune --omit=dev` leaves it.
 */
function isInstalled(tools) {
  const installed = read(path.join(project, 'node_modules/.package-lock.json'));
  if (installed === undefined) return false;
  const { packages: have } = JSON.parse(installed);
  const { packages: want } = JSON.parse(read(path.join(project, 'package-lock.json')));
  return Object.entries(want).every(
    ([place, { version, optional, dev, devOptional }]) =>
      place === '' || optional || (!tools && (dev || devOptional)) || have[place]?.version === version,
  );
}

/** Installs packages unless those of this lock file are there. */
function install(tools) {
  checkNode();
  if (isInstalled(tools)) return;
  run('Installing packages (once) …', 'npm', ['ci', '--no-audit', '--no-fund']);
}

/** Compiles a folder of sources unless its output was made from exactly these files. */
function compile(what, { sources, config, output }, { tools = true } = {}) {
  const stamp = path.join(project, output, '.phoenix-stamp');
  const configs = ['tsconfig.json', config].map((file) => path.join(project, file));
  const wanted = fingerprint([...filesBelow(path.join(project, sources)), ...new Set(configs)]);
  const isCurrent = read(stamp) === wanted;
  // A server's packages are not replaced under it for the sake of tools that nothing needs.
  install(tools || !isCurrent);
  if (isCurrent) return;
  fs.rmSync(path.join(project, output), { recursive: true, force: true });
  run(what, process.execPath, [path.join(project, 'node_modules/typescript/bin/tsc'), '-p', config]);
  fs.writeFileSync(stamp, wanted);
}

/**
 * dist/ from src/: all that the server needs, and whatever is derived from it, such as the client's own types.
 * With `{ tools: false }` the packages that build and test may be missing where nothing has to be built.
 */
export const buildServer = (options) =>
  compile('Building …', { sources: 'src', config: 'tsconfig.build.json', output: 'dist' }, options);

/** dist/ from src/, and client/dist/ from client/src/. */
export function build(options) {
  buildServer(options);
  compile(
    'Building the client …',
    { sources: 'client/src', config: 'client/tsconfig.json', output: 'client/dist' },
    options,
  );
}
