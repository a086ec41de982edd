// npm run sbom [-- FILE]: what server and client are made of, as CycloneDX JSON: of npm's own list after the lock file, what is installed
// here and not for development only. Needs no network and no cache. The image has its own in /app/sbom.json.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const project = path.resolve(import.meta.dirname, '..');
const file = path.resolve(process.argv[2] ?? path.join(project, 'build/sbom.json'));
const readJson = (name) => JSON.parse(fs.readFileSync(path.join(project, name), 'utf8'));

function npmsList() {
  // Not with --omit=dev: npm then leaves out whatever a development package needs as well, a quarter of ours.
  const options = ['--package-lock-only', '--offline'];
  const { stdout, stderr, status, error } = spawnSync(
    'npm',
    ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', ...options],
    { cwd: project, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024, shell: process.platform === 'win32' },
  );
  if (status !== 0) {
    console.error(error?.message ?? stderr);
    process.exit(1);
  }
  return JSON.parse(stdout);
}

/** As `name@version`. A folder that was taken away is not there, whatever npm remembers. */
const needed = new Set(
  Object.entries(readJson('package-lock.json').packages)
    .filter(([place, { dev, link }]) => place.includes('node_modules/') && !dev && !link)
    .filter(([place]) => fs.existsSync(path.join(project, place)))
    .map(([place, { name, version }]) => {
      const folder = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return `${name ?? folder}@${version}`;
    }),
);

const sbom = npmsList();
const { name, version } = readJson('package.json');
const isHere = (reference) => needed.has(reference) || reference === `${name}@${version}`;
// npm names it after the folder.
sbom.metadata.component.name = name;
sbom.components = sbom.components.filter((component) => needed.has(`${component.name}@${component.version}`));
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => isHere(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isHere) }));
fs.mkdirSync(path.dirname(file), { recursive: true });
fs.writeFileSync(file, `${JSON.stringify(sbom, null, 2)}\n`);
console.log(`${file}: ${sbom.components.length} packages`);
