// [FILE] Fails when package-lock.json lacks a package that another one names as optional for some platform: `npm ci` on that
// platform, or on any, would refuse the lock. Seen with packages whose newest version was published for Linux only.
import fs from 'node:fs';
import path from 'node:path';

const file = process.argv[2] ?? path.resolve(import.meta.dirname, '../package-lock.json');
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));

/** As Node resolves: the nearest node_modules on the way up. */
function isLocked(from, name) {
  for (let place = from; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`]) return true;
    if (place === '') return false;
  }
}

const missing = [];
const unverified = [];
for (const [place, entry] of Object.entries(lock.packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {}))
    if (!isLocked(place, name)) missing.push(`${name} (optional for ${place || 'the project'})`);
  if (place.includes('node_modules/') && !entry.link && !entry.integrity) unverified.push(place);
}
for (const line of missing) console.error(`missing from package-lock.json: ${line}`);
for (const line of unverified) console.error(`without integrity hash in package-lock.json: ${line}`);
if (missing.length + unverified.length > 0) process.exit(1);
console.log(
  `package-lock.json: ${Object.keys(lock.packages).length - 1} packages, all platforms, all with a hash`,
);
