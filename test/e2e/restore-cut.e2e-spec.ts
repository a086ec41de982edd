import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Api } from '../support/api.js';
import {
  buildProgram,
  project,
  runCommand,
  ServerProcess,
  temporaryFolder,
} from '../support/server-process.js';

const SECRET = 'a-secret-of-tests-that-is-long-enough';

/** Loaded into a restore: ends it between the two renames, when the old database is aside and the new one not in its place. */
const CUT = `
const fs = require('node:fs');
const rename = fs.renameSync;
fs.renameSync = (from, to) => {
  if (from.includes('.prepared-')) process.kill(process.pid, 'SIGKILL');
  rename(from, to);
};`;

// `flock` comes with every Linux.
const onLinux = process.platform === 'linux' ? it : it.skip;
const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0 && process.getuid?.() === 0;

const namesIn = ({ DATA_DIR }: { DATA_DIR: string }) => fs.readdirSync(DATA_DIR).toSorted();

describe('a restore that is disturbed', () => {
  const { folder: place, remove } = temporaryFolder();
  const file = path.join(place, 'backup.tar.gz');
  const cut = path.join(place, 'cut.cjs');
  const envOf = (name: string) => ({ DATA_DIR: path.join(place, name), JWT_SECRET: SECRET });
  const restore = (env: Record<string, string>, ...more: string[]) =>
    runCommand(['restore', file, ...more], env);
  /** The account is the one of the backup. */
  const expectServed = async (env: Record<string, string>) => {
    const server = await ServerProcess.start(env);
    const { status } = await new Api(server.url).post('/api/auth/login', { body: login });
    await server.end('SIGTERM');
    expect(status).toBe(200);
  };
  let login: { email: string; password: string };

  beforeAll(async () => {
    buildProgram();
    fs.writeFileSync(cut, CUT);
    const env = envOf('first');
    const server = await ServerProcess.start(env);
    const { email, password } = await new Api(server.url).signUp();
    login = { email, password };
    expect((await runCommand(['backup', file], env)).code).toBe(0);
    await server.end('SIGTERM');
  }, 120_000);
  afterAll(remove);

  it('by another one at the same time leaves one whole database, and nothing else', async () => {
    const env = envOf('two');
    const both = await Promise.all([restore(env), restore(env)]);
    expect(both.filter(({ code }) => code === 0)).toHaveLength(1);
    expect(both.find(({ code }) => code === 1)?.err).toMatch(/is at work|There is a database/);
    expect(namesIn(env)).toEqual(['pg18']);
    await expectServed(env);
  });

  onLinux('is refused while one in another container is at work, whose draft it leaves alone', async () => {
    const env = envOf('elsewhere');
    const draft = path.join(env.DATA_DIR, 'pg18.restoring-theirs');
    fs.mkdirSync(draft, { recursive: true });
    const holder = spawn('flock', [env.DATA_DIR, 'sh', '-c', 'echo held; exec cat'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const { code, err } = await restore(env, '--force');
    expect([code, err]).toEqual([1, expect.stringContaining('is at work, here or in another container')]);
    expect(namesIn(env)).toEqual([path.basename(draft)]);
    const ended = once(holder, 'exit');
    holder.stdin.end();
    await ended;
    expect(await restore(env)).toMatchObject({ code: 0 });
    expect(namesIn(env)).toEqual(['pg18']);
  });

  describe('by a kill between the two renames', () => {
    const env = envOf('first');
    const kinds = () => namesIn(env).map((name) => name.replace(/-\d+$/, ''));
    const inPlace = path.join(env.DATA_DIR, 'pg18');
    const only = (kind: string) =>
      path.join(env.DATA_DIR, namesIn(env).find((name) => name.includes(kind)) ?? '');

    beforeEach(async () => {
      const killed = await restore({ ...env, NODE_OPTIONS: `--require ${cut}` }, '--force');
      expect(killed.code).toBeNull();
      expect(kinds().slice(-2)).toEqual(['pg18.prepared', 'pg18.replaced']);
      expect(fs.existsSync(inPlace)).toBe(false);
    });

    it('is told at the next start, which makes no empty database in its place', async () => {
      const said = await ServerProcess.start(env).then(
        (server) => server.end('SIGKILL').then(() => 'it started'),
        (error: Error) => error.message,
      );
      expect(said).toContain(`${only('prepared')} is a backup, restored as a whole`);
      expect(said).toContain(`${only('replaced')} is what was there before a restore`);
      expect(fs.existsSync(inPlace)).toBe(false);
      fs.renameSync(only('replaced'), inPlace);
      await expectServed(env);
    });

    it('leaves a backup that is whole, to be renamed', async () => {
      fs.renameSync(only('prepared'), inPlace);
      await expectServed(env);
      fs.rmSync(only('replaced'), { recursive: true });
    });

    it('is mended by the next restore', async () => {
      expect(await restore(env)).toMatchObject({ code: 0 });
      expect(kinds()).toEqual(['pg18', 'pg18.replaced']);
      await expectServed(env);
    });
  });

  (mayMount ? it : it.skip)(
    'is told before the work that a volume is mounted at its very place',
    async () => {
      const env = envOf('mounted');
      const volume = path.join(env.DATA_DIR, 'pg18');
      fs.mkdirSync(volume, { recursive: true });
      const line = `mount --bind ${volume} ${volume} && exec ${process.execPath} ${project}/dist/cli.js restore ${file}`;
      const { status, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', line], {
        env: { PATH: process.env.PATH, ...env },
        encoding: 'utf8',
      });
      expect([status, stderr]).toEqual([1, expect.stringContaining(`mounted at ${volume} itself`)]);
      expect(namesIn(env)).toEqual(['pg18']);
    },
  );
});
