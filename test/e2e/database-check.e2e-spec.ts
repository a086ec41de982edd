import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { Api } from '../support/api.js';
import { operatorOf } from '../support/operator.js';
import { Phone } from '../support/phone.js';
import * as records from '../support/portal.js';

const { portalOf } = records;

/** Records of every kind, in every situation that a check has to understand. */
async function livedIn(app: TestApp): Promise<records.Portal> {
  const account = await portalOf(app);
  const routine = records.aRoutine();
  const [kept, deleted] = [
    records.aSet({ clientId: '12', weightPerCableKg: -0, note: { b: 1.5, a: [null] } }),
    records.aSet(),
  ];
  const { syncTime } = await account.push({
    sessions: [kept, deleted],
    phaseStats: [records.aPhaseStatistic('12'), records.aPhaseStatistic(deleted.clientId)],
    routines: [routine],
    supersets: [records.aSuperset(routine.clientId)],
    routineExercises: [
      records.aRoutineExercise(routine.clientId, { weightPerCableKg: 83.2 }),
      records.aRoutineExercise('not-there-yet'),
    ],
    exercises: [records.aCustomExercise()],
    records: [records.aRecord({ clientId: '1' })],
    badges: [records.aBadge('first')],
    gamificationStats: { clientId: '1', totalWorkouts: 3, updatedAt: 5 },
  });
  const other = new Phone(app.url, account.token, randomUUID());
  await other.request('push', {
    // The same things under other numbers; an older edit, which loses; a newer one, which does not.
    records: [records.aRecord({ clientId: '9' })],
    badges: [records.aBadge('first')],
    exercises: [records.aCustomExercise({ name: 'Other' })],
    gamificationStats: { clientId: '1', totalReps: 100, updatedAt: 4 },
  });
  await account.push({
    lastSync: syncTime,
    sessions: [
      { ...kept, rpe: 7, updatedAt: kept.updatedAt + 1 },
      { ...deleted, deletedAt: deleted.updatedAt + 1 },
    ],
    // The app was reinstalled: the number names another record.
    records: [records.aRecord({ clientId: '1', exerciseId: 'squat' })],
  });
  const samples = Array.from({ length: 50 }, (_, n) => ({
    timestamp: 1000 + n * 50,
    position: n,
    load: n / 10,
  }));
  const { status } = await new Api(app.url).post('/api/sessions/12/metrics', {
    token: account.token,
    body: { deviceId: account.phone.deviceId, samples },
  });
  if (status >= 300) throw new Error(`the samples were answered with ${status}`);
  return account;
}

describe('the check of the database', () => {
  let app: TestApp;
  let sql: Client;
  let account: records.Portal;
  let cli: ReturnType<typeof operatorOf>;
  beforeAll(async () => {
    app = await startTestApp();
    cli = operatorOf(app);
    sql = new Client({ connectionString: app.database.url });
    await sql.connect();
    account = await livedIn(app);
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });

  const check = (email = account.email) => cli(['database', 'check', email]);

  it('finds nothing wrong with an account that has seen everything, and opens its samples', async () => {
    const { exitCode, text, lines } = await check();
    expect([exitCode, lines]).toEqual([0, []]);
    expect(text).toMatch(/^1 accounts with \d\d records, 1 chunks of samples opened: nothing is wrong\.$/);
  });

  /** What is spoilt, how, and what is said about it; undone afterwards. */
  const spoilt: [what: string, statement: string, said: RegExp][] = [
    [
      'a value',
      `update workout_sessions set rpe = 3 where user_id = $1 and rpe = 7`,
      / sessions \S+: its content has the hash/,
    ],
    [
      'an unknown key',
      `update workout_sessions set extra = '{"z": 1}' where user_id = $1 and rpe = 7`,
      / sessions \S+: its content/,
    ],
    [
      'a natural key',
      `update earned_badges set natural_key = content_hash where user_id = $1`,
      /badges \S+: its natural key is/,
    ],
    [
      'a client key',
      `update routines set client_key = 'g:other' where user_id = $1`,
      / routines \S+: its client key is g:other/,
    ],
    [
      'a version beyond the clock',
      `update routines set version = 9e15 where user_id = $1`,
      / routines \S+: its version 9000000000000000/,
    ],
    [
      'an edit time',
      `update routines set edited_at = 9e15 where user_id = $1`,
      / routines \S+: its edit time/,
    ],
    [
      'a parent that is gone',
      `delete from routines where user_id = $1`,
      / supersets \S+: its routineId is \S+, which is not there/,
    ],
    [
      'a child that waits in vain',
      `update supersets set routine_server_id = null where user_id = $1`,
      / supersets \S+: it waits for the routineId/,
    ],
    [
      'an alias that leads nowhere',
      `update record_aliases set server_id = user_id where user_id = $1`,
      /: the alias \S+ leads to it/,
    ],
    [
      'the history of no record',
      `delete from workout_sessions where user_id = $1`,
      / sessions \S+: its version 1 in the history belongs to no head/,
    ],
    [
      'a state in the history',
      `update record_versions set content = '{"updatedAt": 1}' where user_id = $1`,
      /in the history has the hash/,
    ],
    [
      'the time of a state',
      `update record_versions set claimed_at = 7 where user_id = $1`,
      /in the history is of \d+, stored is 7/,
    ],
    [
      'a collection nobody knows',
      `update record_versions set collection = 'songs' where user_id = $1 and collection = 'sessions'`,
      / record_versions: .*songs/,
    ],
    [
      'a cursor beyond the clock',
      `update device_cursors set cursor = 9e15 where user_id = $1 and cursor = (select max(cursor) from device_cursors where user_id = $1)`,
      / devices: \S+ was given the cursor/,
    ],
    ['a missing clock', `delete from sync_clock where user_id = $1`, / account: it has no sync clock/],
    [
      'the count of samples',
      `update metric_chunks set sample_count = 7 where user_id = $1`,
      / samples \S+: .* has 50 samples, its index says 7/,
    ],
    [
      'the span of samples',
      `update metric_chunks set first_at = 7 where user_id = $1`,
      / samples \S+: .* its index says 7 to/,
    ],
    [
      'the bytes of samples',
      `update metric_chunks set blob = 'nothing' where user_id = $1`,
      / samples \S+: .* cannot be read/,
    ],
    [
      'a chunk twice',
      `insert into metric_chunks select user_id, session_key, user_id, first_at, last_at, sample_count, blob from metric_chunks where user_id = $1`,
      / samples \S+: .* overlaps/,
    ],
  ];
  it.each(spoilt)('finds %s', async (_, statement, said) => {
    await sql.query('begin');
    const tables = [
      ...new Set(statement.match(/(?:update|from|into) (\w+)/g)?.map((words) => words.split(' ')[1])),
    ];
    for (const table of tables) await sql.query(`create table kept_${table} as select * from ${table}`);
    const { rowCount } = await sql.query(statement, [account.userId]);
    await sql.query('commit');
    expect(rowCount).toBeGreaterThan(0);
    const { exitCode, lines, text } = await check();
    for (const table of tables) {
      await sql.query(`begin; delete from ${table}; insert into ${table} select * from kept_${table}`);
      await sql.query(`drop table kept_${table}; commit`);
    }
    expect(lines.join('\n')).toMatch(said);
    expect(lines.every((line) => line.startsWith(account.userId))).toBe(true);
    expect([exitCode, text]).toEqual([1, expect.stringMatching(/: \d+ faults\.$/)]);
    expect((await check()).exitCode).toBe(0);
  });

  it('finds two heads with one client key, where even the index was broken', async () => {
    const { rows } = await sql.query<{ definition: string; name: string }>(
      `select indexdef as definition, indexname as name from pg_indexes where tablename = 'routines' and indexdef like '%UNIQUE%client_key%'`,
    );
    const [{ definition, name }] = rows;
    await sql.query(`drop index "${name}"`);
    await sql.query(
      `create temporary table twin as select * from routines where user_id = '${account.userId}' limit 1;
       update twin set server_id = '${randomUUID()}'; insert into routines select * from twin`,
    );
    const { lines } = await check();
    await sql.query('delete from routines where server_id in (select server_id from twin); drop table twin');
    await sql.query(definition);
    expect(lines.join('\n')).toMatch(/ routines \S+: it has the client key \S+, and so has/);
  });

  it('goes through all accounts, writes their digests, and goes on where it was interrupted', async () => {
    await livedIn(app);
    await portalOf(app);
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-digests-'));
    const [whole, parts] = ['whole', 'parts'].map((name) => path.join(folder, name));
    try {
      expect(await cli(['database', 'check', '--all', '--digests', whole])).toMatchObject({
        exitCode: 0,
        lines: [],
      });
      const first = await cli(['database', 'check', '--all', '--digests', parts], { interruptAfter: 2 });
      expect(first.exitCode).toBe(130);
      const [, rest = ''] = /To go on: (.*)$/.exec(first.text) ?? [];
      expect(await cli(rest.split(' '))).toMatchObject({ exitCode: 0 });
      const digests = fs.readFileSync(whole, 'utf8');
      expect(fs.readFileSync(parts, 'utf8')).toBe(digests);
      const own = digests.split('\n').find((line) => line.includes(account.userId)) ?? '{}';
      const { syncTime, collections } = await account.read('/api/sync/digest');
      expect(JSON.parse(own)).toEqual({ userId: account.userId, syncTime, collections });
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [['database'], /^Say "database check"/],
    [['database', 'check'], /^Say which accounts/],
    [['database', 'check', 'a@b.org', '--all'], /^Say which accounts/],
    [['database', 'check', 'a@b.org', '--digests', 'x'], /belong to --all/],
    [['database', 'check', '--all', '--samples', 'some'], /takes a number/],
    [['database', 'check', '--all', '--from', 'x'], /no id of an account/],
    [['database', 'check', '--all', '--digests', '/no/such/folder/x'], /cannot be written/],
  ])('%j is answered with what is wrong', async (words, message) => {
    const outcome = await cli(words);
    expect([outcome.exitCode, outcome.text]).toEqual([1, expect.stringMatching(message)]);
  });
});
