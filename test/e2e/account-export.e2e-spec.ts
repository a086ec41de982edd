import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { OWNED_TABLES } from '../../src/account-data/owned-tables.js';
import { unpack } from '../../src/metrics/parquet.js';
import { Collections } from '../../src/sync/collections.js';
import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone } from '../support/phone.js';
import {
  aBadge,
  aCustomExercise,
  aPhaseStatistic,
  aRecord,
  aRoutine,
  aRoutineExercise,
  aSet,
  aSuperset,
  type Portal,
  portalOf,
} from '../support/portal.js';
import { curve } from '../support/samples.js';
import { Exported, sha256 } from '../support/zip.js';

const THEN = Date.UTC(2026, 0, 5, 18);

describe('the export of an account', () => {
  let app: TestApp;
  let owner: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    owner = await portalOf(app);
  });

  const exported = () => Exported.from(app.url, owner.token);
  const upload = (id: string, body: object) =>
    new Api(app.url).post(`/api/sessions/${encodeURIComponent(id)}/metrics`, { token: owner.token, body });

  it('needs a sign-in, and no premium', async () => {
    await owner.losePremium();
    expect((await new Api(app.url).get('/api/account/export')).status).toBe(401);
    expect((await exported()).names()).toContain('manifest.json');
  });

  it('is offered under a name with its date, and is never kept by anybody in between', async () => {
    const { headers } = await owner.get('/api/account/export');
    expect(headers.get('content-disposition')).toMatch(
      /^attachment; filename="phoenix-export-\d{4}-\d\d-\d\d\.zip"$/,
    );
    expect(headers.get('content-type')).toBe('application/zip');
    expect(headers.get('cache-control')).toBe('private, no-store');
  });

  it('is not made for who asks only for its headers', async () => {
    const { status, headers } = await new Api(app.url).send('HEAD', '/api/account/export', {
      token: owner.token,
    });
    expect(status).toBe(200);
    expect(headers.get('content-length')).toBe('0');
  });

  it('decides about every table that belongs to an account', () => {
    const source = app.app.get(DataSource);
    const collections = app.app.get(Collections);
    const synced = new Set(collections.all().map(({ sql }) => sql.table));
    const owned = source.entityMetadatas
      .filter(
        (entity) => entity.tableName === 'users' || entity.findColumnWithPropertyName('userId') !== undefined,
      )
      .map(({ tableName }) => tableName)
      .filter((table) => !synced.has(table));
    expect(Object.keys(OWNED_TABLES).toSorted()).toEqual(owned.toSorted());
  });

  it('has a list of records and of their earlier states for every collection, and explains each of its files', async () => {
    const made = await exported();
    const collections = app.app.get(Collections).all();
    const readme = made.text('README.txt');
    for (const { name, fields } of collections) {
      expect(made.json(`records/${name}.json`)).toEqual([]);
      expect(made.json(`history/${name}.json`)).toEqual([]);
      for (const field of fields) expect(readme).toContain(`  ${field.name} `);
    }
    for (const name of made.names()) expect(readme).toContain(name);
  });

  it('holds every record as a pull shows it, deleted ones and those that wait for a parent, with what the server knows', async () => {
    const routine = aRoutine();
    const superset = aSuperset(routine.clientId);
    const set = aSet({ deletedAt: THEN + 5, newerKey: { a: [1, 'ü'] } });
    const { idMappings } = await owner.push({
      sessions: [set],
      phaseStats: [aPhaseStatistic(set.clientId), aPhaseStatistic('not-there-yet')],
      routines: [routine],
      supersets: [superset],
      routineExercises: [aRoutineExercise(routine.clientId, { supersetId: superset.clientId })],
      exercises: [aCustomExercise()],
      records: [aRecord({ clientId: '1' })],
      badges: [aBadge('first')],
      gamificationStats: { clientId: 'g', updatedAt: THEN, totalWorkouts: 3 },
    });
    const made = await exported();

    const [session] = made.json('records/sessions.json');
    expect(session).toMatchObject({
      serverId: idMappings.sessions?.[set.clientId],
      deviceId: owner.phone.deviceId,
      editedAt: THEN + 5,
      record: {
        clientId: set.clientId,
        deletedAt: THEN + 5,
        newerKey: { a: [1, 'ü'] },
        weightPerCableKg: 20,
      },
    });
    expect(session.version).toBeLessThanOrEqual(made.json('manifest.json').syncTime);
    expect(made.json('records/phaseStats.json').map(({ record }: { record: object }) => record)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ sessionId: set.clientId }),
        expect.objectContaining({ sessionId: 'not-there-yet' }),
      ]),
    );
    const [best] = made.json('records/records.json');
    // A row number means nothing to anybody but its phone.
    expect(best.record.clientId).toBe(best.serverId);
    expect(made.json('records/gamificationStats.json')).toHaveLength(1);
    const pulled = await new Phone(app.url, owner.token, randomUUID()).request('pull', {});
    expect(made.json('records/routineExercises.json')[0].record).toEqual(pulled.routineExercises?.[0]);
  });

  it('holds every earlier state, and names parents in it as their own file does', async () => {
    const routine = aRoutine();
    const item = aRoutineExercise(routine.clientId);
    await owner.push({ routines: [routine], routineExercises: [item] });
    await owner.push({ routineExercises: [{ ...item, exerciseName: 'Squat', updatedAt: THEN + 1 }] });
    // Another phone that had seen neither: its edit is older, and loses.
    await new Phone(app.url, owner.token, randomUUID()).request('push', {
      routineExercises: [{ ...item, exerciseName: 'Press', updatedAt: THEN - 1 }],
    });
    const made = await exported();
    const states = made.json('history/routineExercises.json');
    expect(states).toMatchObject([
      {
        version: 1,
        reason: 'replaced',
        deviceId: owner.phone.deviceId,
        editedAt: THEN,
        record: { exerciseName: 'Row' },
      },
      { version: 2, reason: 'lost', editedAt: THEN - 1, record: { exerciseName: 'Press' } },
    ]);
    for (const { serverId, record, storedAt } of states) {
      expect(record.routineId).toBe(routine.clientId);
      expect(serverId).toBe(made.json('records/routineExercises.json')[0].serverId);
      expect(storedAt).toBeGreaterThan(THEN);
    }
  });

  it('holds what was refused, exactly as it was sent', async () => {
    const bad = { clientId: 'bad\u0000id', name: 'x', updatedAt: 'never', deep: { '\u0000': 1 } };
    await owner.phone.request('push', { routines: [bad] });
    const [entry] = (await exported()).json('rejected.json');
    expect(entry).toMatchObject({ collection: 'routines', deviceId: owner.phone.deviceId, record: bad });
  });

  it('holds the account, its devices and sign-ins, and nothing by which somebody could sign in', async () => {
    await owner.push({ badges: [aBadge('a', { clientId: '1' })] });
    await new Phone(app.url, owner.token, 'second').request('push', {
      badges: [aBadge('a', { clientId: '7' })],
    });
    const made = await exported();
    expect(made.json('account.json')).toMatchObject({
      id: owner.userId,
      email: owner.email,
      subscription: { status: 'premium', expiresAt: null },
      signIns: [{ revokedAt: null }],
    });
    expect(made.json('devices.json')).toHaveLength(2);
    expect(made.json('other-ids.json')).toMatchObject([
      { collection: 'badges', clientId: '7', deviceId: 'second' },
    ]);
    const [secrets] = await app.owner.query<{ password: string; token: string }>({
      text: `select u.password_hash as password, encode(t.token_hash, 'hex') as token
           from users u join refresh_tokens t on t.user_id = u.id where u.id = $1`,
      values: [owner.userId],
    });
    const everything = made
      .names()
      .map((name) => made.text(name))
      .join('\n');
    expect(everything).not.toContain(secrets?.password);
    expect(everything).not.toContain(secrets?.token);
    expect(everything).not.toContain('argon2');
  });

  it('holds the samples of each session as one Parquet file, also of one that has not arrived and under several names', async () => {
    const set = aSet();
    const { idMappings } = await owner.push({ sessions: [set] });
    const serverId = idMappings.sessions?.[set.clientId];
    await upload(set.clientId, { deviceId: 'p', samples: curve(0, 30_000) });
    await upload('51', { deviceId: 'lost/phone', samples: curve(0, 10) });
    // The other name of the same session, as if its samples had come before it.
    await app.owner.query({
      text: 'update metric_chunks set session_key = $2 where user_id = $1 and first_at = $3',
      values: [owner.userId, `g:${serverId}`, (await firstTimes(app, owner.userId)).at(-1)],
    });
    const made = await exported();
    const list = made.json('samples.json');
    expect(list).toEqual([
      expect.objectContaining({ sessionId: '51', serverId: null, deviceId: 'lost/phone', sampleCount: 10 }),
      expect.objectContaining({ sessionId: set.clientId, serverId, deviceId: null, sampleCount: 30_000 }),
    ]);
    for (const { file, sampleCount, firstAt, lastAt } of list) {
      const samples = unpack(made.bytes(file));
      expect([samples.count, samples.timestamp[0], samples.timestamp.at(-1)]).toEqual([
        sampleCount,
        firstAt,
        lastAt,
      ]);
    }
  });

  it('names every file with its size and check sum in the manifest', async () => {
    await owner.push({ sessions: [aSet(), aSet()] });
    const made = await exported();
    const { format, formatVersion, accountId, files } = made.json('manifest.json');
    expect([format, formatVersion, accountId]).toEqual(['phoenix-portal-account-export', 1, owner.userId]);
    expect(files.map(({ name }: { name: string }) => name)).toEqual(
      made.names().filter((name) => name !== 'manifest.json'),
    );
    for (const { name, bytes, sha256: sum } of files)
      expect([name, bytes, sum]).toEqual([name, made.bytes(name).length, sha256(made.bytes(name))]);
    expect(files.find(({ name }: { name: string }) => name === 'records/sessions.json').entries).toBe(2);
  });

  it('has one entry a line in every list', async () => {
    await owner.push({ sessions: Array.from({ length: 250 }, () => aSet()) });
    const lines = (await exported()).text('records/sessions.json').split('\n');
    expect(lines).toHaveLength(250 + 3);
    for (const text of lines.slice(1, -2))
      expect(JSON.parse(text.replace(/,$/, ''))).toHaveProperty('record');
  });

  it('shows nothing of another account', async () => {
    const other = await portalOf(app);
    const set = aSet();
    await other.push({ sessions: [set] });
    await owner.push({ sessions: [aSet()] });
    const made = await exported();
    const everything = made
      .names()
      .map((name) => made.text(name))
      .join('\n');
    expect(everything).not.toContain(set.clientId);
    expect(everything).not.toContain(other.userId);
  });
});

async function firstTimes(app: TestApp, userId: string): Promise<string[]> {
  const rows = await app.owner.query<{ at: string }>({
    text: `select first_at as at from metric_chunks where user_id = $1 and starts_with(session_key, 'g:') order by first_at`,
    values: [userId],
  });
  return rows.map(({ at }) => at);
}
