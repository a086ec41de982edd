import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Api, type SignedUp } from '../support/api.js';
import { Phone } from '../support/phone.js';
import { aBadge, aPhaseStatistic, aSet } from '../support/portal.js';
import { curve } from '../support/samples.js';
import {
  buildProgram,
  postgresProcesses,
  runCommand,
  ServerProcess,
  temporaryFolder,
} from '../support/server-process.js';

const SECRET = 'a-secret-of-tests-that-is-long-enough';

const cli = (line: string, env: Record<string, string>) => runCommand(line.split(' '), env);
const digestOf = async ({ url }: ServerProcess, { token }: SignedUp) =>
  (await new Api(url).get('/api/sync/digest', { token })).body as unknown;

describe('backup and restore of the embedded database', () => {
  const { folder, remove } = temporaryFolder();
  const file = path.join(folder, 'backup.tar.gz');
  const [first, second] = ['first', 'second'].map((name) => ({
    DATA_DIR: path.join(folder, name),
    JWT_SECRET: SECRET,
  }));
  const running: ServerProcess[] = [];
  const start = async (env: Record<string, string>) => {
    const server = await ServerProcess.start(env);
    running.push(server);
    return server;
  };

  let server: ServerProcess;
  let [quiet, busy] = [] as SignedUp[];
  let digest: unknown;
  let epoch: number;
  /** Ids of records: those that were acknowledged before the backup began, and all that were ever sent. */
  const acknowledged: string[] = [];
  const sent = new Set<string>();

  beforeAll(async () => {
    buildProgram();
    server = await start(first);
    quiet = await new Api(server.url).signUp();
    busy = await new Api(server.url).signUp();
    for (const { email } of [quiet, busy]) await cli(`subscription grant ${email}`, first);
    const phone = new Phone(server.url, quiet.token, 'phone');
    const sessions = Array.from({ length: 700 }, () => aSet());
    const phaseStats = sessions.map(({ clientId }) => aPhaseStatistic(clientId));
    ({ epoch } = await phone.request('push', { sessions, phaseStats, badges: [aBadge('first')] }));
    await phone.send(`/api/sessions/${sessions[0].clientId}/metrics`, { samples: curve(0, 500) });
    digest = await digestOf(server, quiet);
  }, 120_000);
  afterAll(async () => {
    for (const each of running) await each.end('SIGKILL');
    while (postgresProcesses(folder).length > 0) await new Promise((resolve) => setImmediate(resolve));
    remove();
  });

  it('copies a database that is being written to', async () => {
    const phone = new Phone(server.url, busy.token, 'phone');
    const stop = new AbortController();
    let isBackingUp = false;
    const writing = (async () => {
      while (!stop.signal.aborted) {
        const sessions = Array.from({ length: 20 }, () => aSet({ clientId: randomUUID() }));
        for (const { clientId } of sessions) sent.add(clientId);
        await phone.request('push', { sessions });
        if (!isBackingUp) acknowledged.push(...sessions.map(({ clientId }) => clientId));
      }
    })();
    while (acknowledged.length < 100) await new Promise((resolve) => setImmediate(resolve));
    isBackingUp = true;
    const { code, out, err } = await cli(`backup ${file}`, first);
    stop.abort();
    await writing;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/backup\.tar\.gz: \d+\.\d MiB\./);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
    expect(sent.size).toBeGreaterThan(acknowledged.length);
  });

  it('does not write over a file, and does not restore over a database that runs', async () => {
    expect(await cli(`backup ${file}`, first)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is there already'),
    });
    const { code, err } = await cli(`restore ${file} --force`, first);
    expect([code, err]).toEqual([1, expect.stringContaining('is running. Stop the server first.')]);
  });

  it('tells a backup that is whole from one that is damaged, cut off or something else', async () => {
    expect(await cli(`restore ${file} --check`, first)).toMatchObject({ code: 0 });
    const whole = fs.readFileSync(file);
    // Of single bits some say nothing.
    const flipped = Buffer.from(whole);
    const middle = Math.floor(flipped.length / 2);
    for (let place = middle; place < middle + 64; place++) flipped[place] ^= 0x55;
    for (const bytes of [flipped, whole.subarray(0, whole.length - 5000), Buffer.from('not a backup')]) {
      const bad = path.join(folder, 'bad.tar.gz');
      fs.writeFileSync(bad, bytes);
      const { code, err } = await cli(`restore ${bad}`, second);
      expect([code, err]).toEqual([1, expect.stringMatching(/^This backup cannot be used: /)]);
    }
    expect(fs.readdirSync(second.DATA_DIR)).toEqual([]);
  });

  let restored: { out: string };
  it('restores elsewhere', async () => {
    await server.end('SIGKILL');
    restored = await cli(`restore ${file}`, second);
    expect(restored).toMatchObject({ code: 0, err: '' });
  });

  it('has nothing wrong in what was restored', async () => {
    expect(await cli('database check --all', second)).toMatchObject({ code: 0 });
  });

  it('has all that was acknowledged before it began, the same digest, and a new epoch', async () => {
    server = await start(second);
    expect(await digestOf(server, quiet)).toEqual(digest);
    const pulled = await new Phone(server.url, busy.token, 'other').request('pull', {});
    const ids = new Set(pulled.sessions.map(({ clientId }) => clientId));
    expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
    expect([...ids].filter((id) => !sent.has(id))).toEqual([]);
    expect(pulled.epoch).toBeGreaterThan(epoch);
    expect(restored.out).toContain(`The new epoch is ${pulled.epoch}:`);
  });

  it('takes the place of a database only when told so, and keeps what was there', async () => {
    await server.end('SIGTERM');
    expect(await cli(`restore ${file}`, second)).toMatchObject({
      code: 1,
      err: expect.stringContaining('--force'),
    });
    const { code, out } = await cli(`restore ${file} --force`, second);
    const [, aside = ''] = /is in (\S+);/.exec(out) ?? [];
    expect([code, fs.existsSync(path.join(aside, 'PG_VERSION'))]).toEqual([0, true]);
    expect(fs.readdirSync(second.DATA_DIR).toSorted()).toEqual(['pg18', path.basename(aside)]);
  });

  it('leaves a PostgreSQL of one’s own to its own means, and says which', async () => {
    const own = { ...first, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' };
    for (const line of [`backup ${file}2`, `restore ${file}`])
      expect(await cli(line, own)).toMatchObject({ code: 1, err: expect.stringContaining('pg_dump') });
  });
});
