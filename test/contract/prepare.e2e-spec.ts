import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const packages = {
  '': {},
  'node_modules/fastify': { version: '5.0.0' },
  'node_modules/typescript': { version: '6.0.0', dev: true },
};
const { 'node_modules/typescript': _, ...withoutTools } = packages;

describe('scripts/prepare.mjs', () => {
  let folder: string;
  const write = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    fs.writeFileSync(path.join(folder, file), text, { mode: 0o755 });
  };
  const installed = (list: object) =>
    write('node_modules/.package-lock.json', JSON.stringify({ packages: list }));
  /** What it did: `npm` and `tsc` are programs that only say that they were called. */
  const prepare = (options = '') => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { buildServer } from './scripts/prepare.mjs'; buildServer(${options})`,
      ],
      { cwd: folder, encoding: 'utf8', env: { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` } },
    );
    return `${stdout}${stderr}`.split('\n').filter((line) => /^(npm|tsc) /.test(line));
  };

  beforeAll(() => {
    folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-prepare-')));
    write('scripts/prepare.mjs', fs.readFileSync(path.join(__dirname, '../../scripts/prepare.mjs'), 'utf8'));
    write('bin/npm', '#!/bin/sh\necho "npm $1"\n');
    write(
      'node_modules/typescript/bin/tsc',
      `console.log('tsc '); require('node:fs').mkdirSync('dist', { recursive: true })`,
    );
    for (const file of ['tsconfig.json', 'tsconfig.build.json', 'src/main.ts']) write(file, '{}');
    write('package-lock.json', JSON.stringify({ packages }));
  });
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('installs and builds once', () => {
    installed({});
    expect(prepare()).toEqual(['npm ci', 'tsc ']);
    installed(packages);
    expect(prepare()).toEqual([]);
  });

  it('leaves the packages of a deployed server alone, which has no tools', () => {
    installed(withoutTools);
    expect(prepare('{ tools: false }')).toEqual([]);
    expect(prepare()).toEqual(['npm ci']);
  });

  it('installs the tools where something has to be built', () => {
    installed(withoutTools);
    write('src/main.ts', '{ }');
    expect(prepare('{ tools: false }')).toEqual(['npm ci', 'tsc ']);
  });

  it('installs what the server itself lacks', () => {
    installed({ ...packages, 'node_modules/fastify': { version: '4.0.0' } });
    expect(prepare('{ tools: false }')).toEqual(['npm ci']);
  });
});
