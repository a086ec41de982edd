import { randomUUID } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { operatorOf } from '../support/operator.js';
import { Phone, type WireRecord } from '../support/phone.js';
import { aRecord, aRoutine, aSet, type Portal, portalOf } from '../support/portal.js';

const T = Date.UTC(2026, 3, 1);

describe('the operator and what could not be stored', () => {
  let app: TestApp;
  let sql: Client;
  let account: Portal;
  let cli: ReturnType<typeof operatorOf>;
  beforeAll(async () => {
    app = await startTestApp();
    cli = operatorOf(app);
    sql = new Client({ connectionString: app.database.url });
    await sql.connect();
  });
  afterAll(async () => {
    await sql.end();
    await app.close();
  });
  beforeEach(async () => {
    account = await portalOf(app);
  });

  const rejected = async () =>
    (await account.read('/api/sync/rejected')).rejected as { id: string; code: string; record: WireRecord }[];
  /** As a device is shown it that has nothing yet. */
  const seen = () => new Phone(app.url, account.token, randomUUID()).request('pull', {});
  const sessions = async () => (await seen()).sessions;
  /** As if an older server, with a fault, had refused it. */
  const refusedOnce = (collection: string, record: object, deviceId = account.phone.deviceId) =>
    sql.query(
      `insert into rejected_records (user_id, id, collection, client_id, device_id, code, field, message, record, record_hash,
        received_at) values ($1, $6, $2, null, $3, 'record.out_of_range', 'rpe', 'too much', $4, md5($4)::uuid, $5)`,
      [account.userId, collection, deviceId, JSON.stringify(record), T, uuidv7()],
    );

  it('is listed by account and code, by record, and shown as it was sent', async () => {
    const bad = aSet({ rpe: 'hard', note: 'x' });
    await account.phone.request('push', { sessions: [bad] });
    const [{ id }] = await rejected();
    const { text: all } = await cli(['quarantine', 'list']);
    expect(all).toMatch(new RegExp(`^${account.email} +sessions +record.wrong_type +1 `, 'm'));
    const { text: own } = await cli(['quarantine', 'list', account.email]);
    expect(own).toMatch(new RegExp(`^${id} .* sessions +record.wrong_type +rpe `, 'm'));
    const { text: one } = await cli(['quarantine', 'show', account.email, id]);
    expect(JSON.parse(one)).toMatchObject({ id, code: 'record.wrong_type', record: bad });
    const other = await portalOf(app);
    expect(await cli(['quarantine', 'show', other.email, id])).toMatchObject({ exitCode: 1 });
  });

  it('comes in pages', async () => {
    await account.phone.request('push', { sessions: [1, 2, 3].map(() => aSet({ rpe: 'hard' })) });
    const first = await cli(['quarantine', 'list', account.email, '--limit', '2']);
    const before = /--before (\S+)$/.exec(first.text)?.[1] ?? '';
    const second = await cli(['quarantine', 'list', account.email, '--limit', '2', '--before', before]);
    expect(second.text.split('\n')).toHaveLength(2);
  });

  it('is pushed again: what can be stored now reaches every device, the rest stays', async () => {
    const routine = aRoutine();
    await refusedOnce('routines', routine);
    await refusedOnce('sessions', aSet({ clientId: 'late', rpe: 8 }));
    await refusedOnce('sessions', aSet({ rpe: 'hard' }));
    await refusedOnce('sessions', { clientId: 'part', rpe: 7 });
    expect(await cli(['quarantine', 'redrive', account.email])).toMatchObject({
      exitCode: 0,
      text: '2 refused records are stored now; 2 still cannot be and stay.',
    });
    const { sessions: stored, routines } = await seen();
    expect(stored.map(({ clientId, rpe }) => [clientId, rpe])).toEqual([['late', 8]]);
    expect(routines.map(({ clientId }) => clientId)).toEqual([routine.clientId]);
    expect(new Set((await rejected()).map(({ record }) => record.rpe))).toEqual(new Set([7, 'hard']));
    expect((await cli(['quarantine', 'redrive', account.email])).text).toMatch(/^0 .*; 2 still/);
  });

  it('takes up what was refused only because the record was not known', async () => {
    await account.phone.request('push', { sessions: [{ clientId: 'part', rpe: 7, updatedAt: T + 1 }] });
    expect(await rejected()).toHaveLength(1);
    const other = new Phone(app.url, account.token, randomUUID());
    await other.request('push', { sessions: [aSet({ clientId: 'part', updatedAt: T })] });
    await cli(['quarantine', 'redrive', account.email]);
    expect(await sessions()).toMatchObject([{ clientId: 'part', rpe: 7 }]);
    expect(await rejected()).toEqual([]);
  });

  it('does not undo what the same device has written since', async () => {
    await account.push({ sessions: [aSet({ clientId: 'a', rpe: 9, updatedAt: T + 1 })] });
    await refusedOnce('sessions', aSet({ clientId: 'a', rpe: 5, updatedAt: T }));
    await cli(['quarantine', 'redrive', account.email]);
    expect(await sessions()).toMatchObject([{ rpe: 9 }]);
    const { versions } = await account.read('/api/sync/history/sessions/a');
    expect(versions).toMatchObject([{ reason: 'lost', record: { rpe: 5 } }]);
    expect(await rejected()).toEqual([]);
  });

  it('does not undo what was written after it was received, however fast the clock of its phone', async () => {
    await account.push({ sessions: [aSet({ clientId: 'a', rpe: 9, updatedAt: T + 60_000 })] });
    await refusedOnce('sessions', aSet({ clientId: 'a', rpe: 5, updatedAt: T + 365 * 86_400_000 }));
    await cli(['quarantine', 'redrive', account.email]);
    expect(await sessions()).toMatchObject([{ rpe: 9 }]);
  });

  it('leaves what is believed of the device as it was: it is sent what came of it, and nothing else', async () => {
    const { syncTime: lastSync } = await account.push({ sessions: [aSet()] });
    await refusedOnce('sessions', aSet({ clientId: 'late' }));
    await cli(['quarantine', 'redrive', account.email]);
    const { sessions: sent } = await account.phone.request('pull', { lastSync });
    expect(sent.map(({ clientId }) => clientId)).toEqual(['late']);
  });

  it('does not take a row number from the record that has it now', async () => {
    await account.push({ records: [aRecord({ clientId: '7', exerciseId: 'new' })] });
    await refusedOnce('records', aRecord({ clientId: '7', exerciseId: 'old' }));
    expect((await cli(['quarantine', 'redrive', account.email])).text).toMatch(/^0 .*; 1 still/);
    const { records } = await seen();
    expect(records).toMatchObject([{ exerciseId: 'new' }]);
  });

  it('waits for a revoked device, merges totals one by one, and looks at one code where it is named', async () => {
    await refusedOnce('gamificationStats', { clientId: '1', totalWorkouts: 5, updatedAt: T });
    await refusedOnce('gamificationStats', {
      clientId: '1',
      totalWorkouts: 3,
      totalReps: 9,
      updatedAt: T + 1,
    });
    await account.push({ sessions: [aSet()] });
    expect((await cli(['quarantine', 'redrive', account.email, '--code', 'record.bad_text'])).text).toMatch(
      /^0 .*; 0/,
    );
    await cli(['devices', 'revoke', account.email, account.phone.deviceId]);
    expect((await cli(['quarantine', 'redrive', account.email])).text).toMatch(/^0 .*; 2/);
    await cli(['devices', 'allow', account.email, account.phone.deviceId]);
    expect((await cli(['quarantine', 'redrive', account.email])).text).toMatch(/^2 .*; 0/);
    const { gamificationStats } = await seen();
    expect(gamificationStats).toMatchObject({ totalWorkouts: 5, totalReps: 9 });
  });

  it('is pushed again for all accounts; interrupted, it says how to go on', async () => {
    const others = [account, await portalOf(app), await portalOf(app)];
    for (account of others) await refusedOnce('sessions', aSet({ clientId: 'late' }));
    const interrupted = await cli(['quarantine', 'redrive'], { interruptAfter: 1 });
    expect(interrupted.exitCode).toBe(130);
    const [, from = ''] = /quarantine redrive --from (\S+)$/.exec(interrupted.text) ?? [];
    expect(await cli(['quarantine', 'redrive', '--from', from])).toMatchObject({ exitCode: 0 });
    await cli(['quarantine', 'redrive']);
    for (account of others) expect(await sessions()).toMatchObject([{ clientId: 'late' }]);
  });

  it('is dropped by id, by code, or all of it', async () => {
    const bad = [aSet({ rpe: 'hard' }), aSet({ rpe: 'soft' }), aSet({ rpe: 1e40 }), aSet({ rpe: 2e40 })];
    await account.phone.request('push', { sessions: bad });
    const [{ id }] = await rejected();
    expect(await cli(['quarantine', 'drop', account.email])).toMatchObject({ exitCode: 1 });
    expect((await cli(['quarantine', 'drop', account.email, id])).text).toBe('One refused record is gone.');
    expect((await cli(['quarantine', 'drop', account.email, id])).exitCode).toBe(1);
    expect((await cli(['quarantine', 'drop', account.email, '--code', 'record.wrong_type'])).exitCode).toBe(
      0,
    );
    expect((await cli(['quarantine', 'drop', account.email, '--all'])).exitCode).toBe(0);
    expect(await rejected()).toEqual([]);
  });

  it.each([
    [['quarantine'], /^Say "quarantine list"/],
    [['quarantine', 'list', 'a@b.org', '--limit', 'many'], /1 to 500/],
    [['quarantine', 'list', '--all'], /--all does not belong/],
    [['quarantine', 'show', 'a@b.org'], /^Say which/],
    [['quarantine', 'redrive', 'a@b.org', '--from', randomUUID()], /--from/],
    [['quarantine', 'redrive', '--from', 'here'], /no id of an account/],
    [['quarantine', 'drop', 'a@b.org', 'one', '--all'], /one of ID/],
  ])('%j is answered with what is wrong', async (words, message) => {
    const outcome = await cli(words);
    expect([outcome.exitCode, outcome.text]).toEqual([1, expect.stringMatching(message)]);
  });
});
