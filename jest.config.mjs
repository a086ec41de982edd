// Tests run as CommonJS (jest has no require(esm) on Node 20), so swc also transforms the ESM-only packages
// of node_modules. Which those are is computed: a hand-written list misses one sooner or later.
import fs from 'node:fs';
import path from 'node:path';

const offersRequire = (exports) =>
  exports !== null &&
  typeof exports === 'object' &&
  ('require' in exports || Object.values(exports).some(offersRequire));

function* packagesBelow(folder) {
  if (!fs.existsSync(folder)) return;
  for (const entry of fs.readdirSync(folder)) {
    if (entry.startsWith('.')) continue;
    const place = path.join(folder, entry);
    if (entry.startsWith('@')) {
      yield* packagesBelow(place);
      continue;
    }
    const manifest = path.join(place, 'package.json');
    if (fs.existsSync(manifest)) yield JSON.parse(fs.readFileSync(manifest, 'utf8'));
    yield* packagesBelow(path.join(place, 'node_modules'));
  }
}

const esmOnly = new Set();
const packages = ['node_modules', 'client/node_modules'].flatMap((folder) => [
  ...packagesBelow(path.join(import.meta.dirname, folder)),
]);
for (const pkg of packages) {
  if (!pkg.name) continue;
  if (pkg.name.startsWith('@nestjs/') || (pkg.type === 'module' && !offersRequire(pkg.exports)))
    esmOnly.add(pkg.name);
}

const swc = (parser) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    module: { type: 'commonjs' },
    jsc: {
      parser,
      target: 'es2023',
      keepClassNames: true,
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
  },
];

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/src', '<rootDir>/client/test', '<rootDir>/client/src'],
  testRegex: '\\.(e2e-)?spec\\.ts$',
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  testTimeout: 30_000,
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript', decorators: true }),
    '^.+\\.m?js$': swc({ syntax: 'ecmascript' }),
  },
  transformIgnorePatterns: [`/node_modules/(?!(.*/)?(${[...esmOnly].join('|')})/)`],
};
