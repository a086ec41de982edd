import fs from 'node:fs';
import path from 'node:path';
import { Line } from '../support/line.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Portal } from '../sync/phones.js';
import { CommandLine, expectAgreement } from './command-line.js';

/** Each command is a process of its own. */
jest.setTimeout(180_000);

/** Twice as many records, in batches of 1000. */
const SETS = 1100;

describe('two terminals with a phone each', () => {
  const folder = temporaryFolder();
  let portal: Portal;
  let line: Line;
  let phones = 0;

  beforeAll(async () => {
    portal = await Portal.open();
    line = await Line.to(portal.app.url);
  });
  beforeEach(() => line.mend());
  afterAll(async () => {
    await line.cut();
    await portal.close();
  });

  const newPhone = () => new CommandLine(`phone-${++phones}`, folder);

  /** Two phones of one account, signed in. */
  async function twoPhones(options: { isPremium?: boolean } = {}) {
    const account = await portal.account(options);
    const [a, b] = [newPhone(), newPhone()];
    for (const phone of [a, b]) await phone.run('login', account.email, '--portal', line.url);
    return { account, a, b };
  }

  it('train offline, conflict, delete and restore, and end with equal digests', async () => {
    const { account, a, b } = await twoPhones();
    await line.cut();
    await a.run('add', 'set', 'Bench Press', '30.5', '10');
    await a.run('add', 'routine', 'Legs', 'Squat', 'Leg Press', '--superset');
    await a.run('add', 'badge', 'early_bird');
    await b.run('add', 'set', 'Row', '22.5', '12', '--mode', 'Pump');
    await b.run(
      'add',
      'exercises',
      'name=Sled',
      'muscleGroup=CORE',
      'equipment=BAR',
      'defaultCableConfig=DOUBLE',
    );
    expect((await a.list('sessions')).map(({ exerciseName }) => exerciseName)).toEqual(['Bench Press']);
    await line.mend();
    await sync(a, b, a);
    await expectAgreement(a, b);
    expect((await b.list('sessions')).map(({ exerciseName }) => exerciseName)).toEqual([
      'Bench Press',
      'Row',
    ]);

    await a.run('edit', 'routines', await idOf(a, 'routines'), 'name=Legs, by A');
    await b.run('edit', 'routines', await idOf(b, 'routines'), 'name=Legs, by B');
    await b.run('sync');
    const lost = await a.run('sync');
    expect(lost).toMatch(/1 superseded/);
    expect(lost).toContain('name: mine “Legs, by A”, theirs “Legs, by B”');
    expect(await a.run('conflicts')).toContain('theirs is shown, mine is in the history');
    await a.run('conflicts', 'dismiss', 'all');
    expect(await a.run('conflicts')).toBe('There are no conflicts.\n');
    await expectAgreement(a, b);

    const id = await idOf(b, 'routines');
    await b.run('delete', 'routines', id);
    await sync(b, a);
    expect(await a.list('routines')).toEqual([]);
    expect(await a.list('routineExercises')).toEqual([]);
    await expectAgreement(a, b);

    const history = await a.run('history', 'routines', id);
    expect(history).toMatch(/lost .* Legs, by A/);
    const [, version = ''] = /^(\d+) .*lost/m.exec(history) ?? [];
    expect(await a.run('restore', 'routines', id, version)).toContain('Legs, by A');
    await sync(b);
    expect((await b.list('routines')).map(({ name }) => name)).toEqual(['Legs, by A']);
    expect(await b.list('routineExercises')).toHaveLength(2);
    await expectAgreement(a, b);
    expect(await a.run('devices')).toMatch(
      new RegExp(`${a.name} .*this phone\\n.*${b.name} |${b.name} .*\\n.*${a.name} `),
    );
    expect(await a.run('whoami')).toContain(account.email);
  });

  it('set a rejected record aside, show it, and send it when it is mended', async () => {
    const { a, b } = await twoPhones();
    await a.run('add', 'set', 'Squat', '40', '8');
    const id = await idOf(a, 'sessions');
    await a.run('edit', 'sessions', id, 'weightPerCableKg=forty');
    const said = await a.run('sync');
    expect(said).toContain('1 rejected');
    expect(said).toContain('record.wrong_type, weightPerCableKg');
    expect(await a.run('sync')).toBe('0 records sent, 0 received.\n');
    expect(await a.run('rejected')).toContain(id.slice(0, 8));
    await a.run('edit', 'sessions', id, 'weightPerCableKg=41');
    await sync(a, b);
    expect(await a.run('rejected')).toBe('There are no rejected records.\n');
    expect((await b.list('sessions')).map(({ weightPerCableKg }) => weightPerCableKg)).toEqual([41]);
    await a.run('edit', 'sessions', id, 'weightPerCableKg=much');
    await a.run('sync');
    await a.run('rejected', 'discard', 'sessions', id);
    expect((await a.list('sessions')).map(({ weightPerCableKg }) => weightPerCableKg)).toEqual([41]);
    await expectAgreement(a, b);
  });

  it('lose nothing while the portal is away', async () => {
    const { a, b } = await twoPhones();
    await line.cut();
    await a.run('add', 'set', 'Curl', '12', '15');
    const { exitCode, stderr } = await a.try('sync');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('(client.offline)')]);
    expect(stderr).toMatch(/Nothing is lost: 4 records wait here/);
    expect(await a.run('status')).toMatch(/offline: .*client\.offline/);
    await line.mend();
    await sync(a, b);
    expect(await b.list('sessions')).toHaveLength(1);
    await expectAgreement(a, b);
  });

  it('complete a big sync that was killed in the middle of it', async () => {
    const { a, b } = await twoPhones();
    await a.run('add', 'set', 'Row', '20', '8', '--times', String(SETS));
    const sending = a.start('sync');
    await sending.says(/sending 1000 of \d+/);
    await sending.end('SIGKILL');
    await a.run('sync');
    const receiving = b.start('sync');
    await receiving.says(/receiving 1000 of \d+/);
    await receiving.end('SIGKILL');
    await b.run('sync');
    expect(await b.list('sessions')).toHaveLength(SETS);
    await expectAgreement(a, b);
  });

  it('wait for premium, and go on when it is there', async () => {
    const { account, a, b } = await twoPhones({ isPremium: false });
    await a.run('add', 'set', 'Press', '25', '5');
    const { exitCode, stderr } = await a.try('sync');
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('(premium.required)')]);
    expect(stderr).toContain('4 records wait here until the account has premium.');
    expect(await a.run('status')).toContain('no: nothing is synced until it is');
    await account.setPremium(true);
    await sync(a, b);
    await expectAgreement(a, b);
  });

  it('take sensor samples from one to the other', async () => {
    const { a, b } = await twoPhones();
    await a.run('add', 'set', 'Deadlift', '60', '5');
    const id = await idOf(a, 'sessions');
    await a.run('record', id, '--seconds', '30');
    expect(await a.run('sync')).toContain('samples of 1 set uploaded');
    await b.run('sync');
    const seen = await b.run('samples', id, '--points', '40');
    expect(seen).toMatch(/^1,500 samples in 30.0 s\n {2}position {2}[▁-█]{40} /);
    await line.cut();
    expect(await b.run('samples', id, '--points', '40')).toBe(seen);
    expect(await a.run('samples', id, '--points', '40')).toBe(seen);
  });

  it('export everything there is', async () => {
    const { a, b } = await twoPhones();
    await a.run('add', 'set', 'Dip', '10', '9');
    await a.run('add', 'set', 'Fly', '8', '12');
    const [dip, fly] = await a.list('sessions');
    await a.run('record', dip?.clientId ?? '', '--seconds', '10');
    await sync(a);
    await a.run('delete', 'sessions', fly?.clientId ?? '');
    const file = path.join(folder, 'export.json');
    await a.run('export', file);
    const exported = JSON.parse(fs.readFileSync(file, 'utf8')) as Exported;
    const { sessions = [], phaseStats, gamificationStats } = exported.collections;
    expect(new Set(sessions.map(({ record }) => record.exerciseName))).toEqual(new Set(['Dip', 'Fly']));
    expect(sessions.find(({ record }) => record.exerciseName === 'Fly')).toMatchObject({
      record: { deletedAt: expect.any(Number) },
      dirty: expect.any(Number),
    });
    expect([phaseStats?.length, gamificationStats?.length]).toEqual([2, 1]);
    expect(exported.samples[dip?.clientId ?? '']?.timestamp).toHaveLength(500);
    await sync(a, b);
    const { samples } = JSON.parse(await b.run('export', '--download')) as Exported;
    expect(samples[dip?.clientId ?? '']).toEqual(exported.samples[dip?.clientId ?? '']);
  });

  it('can be used by several commands at once', async () => {
    const { a, b } = await twoPhones();
    const adding = Array.from({ length: 6 }, (_, i) => a.run('add', 'set', `Exercise ${i}`, '20', '10'));
    const syncing = [a.run('sync'), a.run('sync')];
    await Promise.all([...adding, ...syncing]);
    await sync(a, b);
    expect(await b.list('sessions')).toHaveLength(6);
    await expectAgreement(a, b);
  });

  it('sync by themselves with --watch', async () => {
    const { a, b } = await twoPhones();
    const watching = a.start('sync', '--watch');
    await watching.says(/0 records sent, 0 received/);
    await a.run('add', 'badge', 'watched');
    await watching.says(/1 record sent/);
    expect((await watching.end('SIGINT')).exitCode).toBe(0);
    await sync(b);
    await expectAgreement(a, b);
  });

  it('keep the data of two accounts apart, unless they are to move', async () => {
    const { account, a } = await twoPhones();
    await a.run('add', 'set', 'Snatch', '30', '3');
    await sync(a);
    const other = await portal.account();
    const { exitCode, stderr } = await a.try('login', other.email);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`holds the data of ${account.email} (client.other_account)`);
    expect(await a.run('whoami')).toContain(account.email);
    expect(await a.run('login', other.email, '--move')).toContain(other.email);
    await sync(a);
    const b = newPhone();
    await b.run('login', other.email, '--portal', line.url);
    await sync(b);
    expect(await b.list('sessions')).toHaveLength(1);
    await expectAgreement(a, b);
    await a.run('logout');
    expect((await a.try('sync')).stderr).toContain('(client.signed_out)');
    expect(await a.list('sessions')).toHaveLength(1);
  });

  it('tell what a line lacks, with exit code 2 and without a stack', async () => {
    const phone = newPhone();
    const refused = async (...words: string[]) => {
      const { exitCode, stderr } = await phone.try(...words);
      expect(stderr).not.toMatch(/^ {4}at /m);
      return [exitCode, stderr.split('\n')[0]];
    };
    expect(await refused('snyc')).toEqual([2, expect.stringContaining('There is no command “snyc”.')]);
    expect(await refused('list', '--wrong')).toEqual([2, expect.stringContaining('--wrong')]);
    expect(await refused('add', 'set', 'Row', 'heavy', '8')).toEqual([
      2,
      expect.stringContaining('WEIGHT_KG'),
    ]);
    expect(await refused('edit', 'routines', 'x', 'naem=y')).toEqual([2, expect.stringContaining('“naem”')]);
    expect(await refused('login', 'a@example.org', '--portal', 'http://127.0.0.1:9')).toEqual([
      1,
      expect.stringContaining('(client.offline)'),
    ]);
    expect(await phone.run('help', 'restore')).toContain('phoenix-sync restore COLLECTION ID VERSION');
  });
});

/** One after the other. */
async function sync(...phones: CommandLine[]): Promise<void> {
  for (const phone of phones) await phone.run('sync');
}

interface Exported {
  collections: Record<string, { record: Record<string, unknown>; dirty?: number }[] | undefined>;
  samples: Record<string, { timestamp: number[] } | undefined>;
}

/** The only record of a collection, by an id cut short. */
async function idOf(phone: CommandLine, collection: string): Promise<string> {
  const [record, ...others] = await phone.list(collection);
  if (record === undefined || others.length > 0) throw new Error(`not one record in ${collection}`);
  return record.clientId.slice(0, 10);
}
