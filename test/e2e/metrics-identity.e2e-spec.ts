import { randomUUID } from 'node:crypto';
import { Database } from '../../src/database/database.js';
import { BlobStore } from '../../src/metrics/blob-store.js';
import { outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone } from '../support/phone.js';
import { bitsOf, curve, Lifter, START } from '../support/samples.js';

const session = (clientId: string, more: object = {}) => ({
  clientId,
  timestamp: START,
  mode: 'Old School',
  targetReps: 10,
  weightPerCableKg: 20,
  createdAt: START,
  updatedAt: START,
  ...more,
});

describe('samples and their session', () => {
  let app: TestApp;
  let lifter: Lifter;

  beforeAll(async () => {
    app = await startTestApp();
  });
  beforeEach(async () => {
    lifter = await Lifter.in(app);
  });
  afterAll(() => app.close());

  /** Pushes sessions from a device; gives their server ids by client id. */
  async function push(deviceId: string, ...sessions: object[]): Promise<Record<string, string>> {
    const answer = await new Phone(app.url, lifter.account.token, deviceId).request('push', { sessions });
    expect(answer.rejected).toEqual([]);
    return answer.idMappings.sessions;
  }

  it('meet when the samples come first', async () => {
    const clientId = randomUUID();
    await lifter.upload(clientId, curve(0, 1_000));
    const { [clientId]: serverId } = await push('phone', session(clientId));
    expect(await lifter.upload(serverId, curve(900, 600))).toEqual({ uploaded: 600, total: 1_500 });
    for (const id of [clientId, clientId.toUpperCase(), serverId, serverId.toUpperCase()])
      expect(bitsOf(await lifter.samples(id))).toEqual(bitsOf(curve(0, 1_500)));
  });

  it('answer with the id that was asked for', async () => {
    const clientId = `Set/${randomUUID()} ä%`;
    await lifter.upload(clientId.toLowerCase(), curve(0, 1));
    expect((await lifter.get(clientId)).body.sessionId).toBe(clientId);
  });

  it('stay apart where two phones have the same row number', async () => {
    await lifter.upload('17', curve(0, 10, 1), 'left');
    await lifter.upload('17', curve(0, 20, 2), 'right');
    const { 17: serverId } = await push('right', session('17'));
    expect(await lifter.samples('17', '?deviceId=left')).toHaveLength(10);
    expect(await lifter.samples('17', '?deviceId=right')).toHaveLength(20);
    expect(await lifter.samples(serverId)).toHaveLength(20);
    expect(outcomeOf(await lifter.get('17'))).toEqual([400, 'request.invalid']);
    expect(outcomeOf(await lifter.get('17', '?deviceId=third'))).toEqual([404, 'record.unknown']);
  });

  it('need no device for a row number that only one has used', async () => {
    const { 4: serverId } = await push('only', session('4'));
    expect(await lifter.samples('4')).toEqual([]);
    await lifter.upload(serverId, curve(0, 5), 'another');
    expect(await lifter.samples('4')).toHaveLength(5);
    expect(outcomeOf(await lifter.get('5'))).toEqual([404, 'record.unknown']);
  });

  it('are one series when they came under names that only later turned out to be the same', async () => {
    const clientId = randomUUID();
    await lifter.upload(clientId, curve(0, 1_000, 1));
    await lifter.upload('8', curve(500, 1_000, 2), 'second');
    const { [clientId]: serverId } = await push('phone', session(clientId));
    await push('second', session('8', { serverId, updatedAt: START + 1 }));
    const both = bitsOf([...curve(0, 500, 1), ...curve(500, 1_000, 2)]);
    expect(bitsOf(await lifter.samples(serverId))).toEqual(both);
    expect(bitsOf(await lifter.samples('8', '?deviceId=second'))).toEqual(both);
    // The next upload puts them together for good, under the session's own name.
    expect(await lifter.upload('8', curve(1_500, 1), 'second')).toEqual({ uploaded: 1, total: 1_501 });
    expect((await lifter.chunks()).map((chunk) => [chunk.session_key, chunk.sample_count])).toEqual([
      [`g:${clientId}`, 1_501],
    ]);
  });

  it('get in under all names at once', async () => {
    const clientId = randomUUID();
    const { [clientId]: serverId } = await push('phone', session(clientId));
    await push('second', session('3', { serverId, updatedAt: START + 1 }));
    const names = [clientId, serverId, '3', clientId.toUpperCase()];
    await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        lifter.upload(names[i % names.length], curve(i * 100, 150), 'second'),
      ),
    );
    expect(bitsOf(await lifter.samples(clientId))).toEqual(bitsOf(curve(0, 1_250)));
  });

  it('stay readable when the session is deleted', async () => {
    const clientId = randomUUID();
    await push('phone', session(clientId));
    await lifter.upload(clientId, curve(0, 10));
    await push('phone', session(clientId, { deletedAt: START + 5, updatedAt: START + 5 }));
    expect(await lifter.samples(clientId)).toHaveLength(10);
  });

  it('are an empty list for a session that has none, and unknown for one that never was', async () => {
    const clientId = randomUUID();
    await push('phone', session(clientId));
    expect((await lifter.get(clientId)).body).toEqual({ sessionId: clientId, samples: [] });
    expect(outcomeOf(await lifter.get(randomUUID()))).toEqual([404, 'record.unknown']);
  });

  it('are unknown to everybody else, by whatever id', async () => {
    const clientId = randomUUID();
    const { [clientId]: serverId } = await push('phone', session(clientId));
    await lifter.upload(clientId, curve(0, 10));
    const stranger = await Lifter.in(app);
    for (const id of [clientId, serverId]) {
      const [theirs, nobodys] = [await stranger.get(id), await stranger.get(randomUUID())];
      expect({ ...theirs.body, requestId: '' }).toEqual({ ...nobodys.body, requestId: '' });
      expect(theirs.status).toBe(404);
      expect(await stranger.upload(id, curve(5, 2, 9))).toEqual({ uploaded: 2, total: 2 });
    }
    expect(bitsOf(await lifter.samples(serverId))).toEqual(bitsOf(curve(0, 10)));
  });

  it.each([
    ['', 404],
    ['%00', 400],
    ['x'.repeat(129), 400],
    ['%20', 404],
    ['%F0%9F%8F%8B'.repeat(64), 404],
  ])('are asked for by an id of 1 to 128 characters: %s', async (id, status) => {
    const answer = await fetch(`${app.url}/api/sessions/${id}/metrics`, {
      headers: { authorization: `Bearer ${lifter.account.token}` },
    });
    expect(answer.status).toBe(status);
  });

  it('are not taken from a device that was revoked', async () => {
    await push('phone', session(randomUUID()));
    const database = app.owner;
    await database.query({
      text: `update sync_devices set revoked_at = 1 where user_id = $1 and device_id = 'phone'`,
      values: [lifter.account.userId],
    });
    const refused = await lifter.post('set', { deviceId: 'phone', samples: curve(0, 1) });
    expect(outcomeOf(refused)).toEqual([403, 'sync.device_revoked']);
    expect(await lifter.upload('set', curve(0, 1), 'tablet')).toEqual({ uploaded: 1, total: 1 });
  });

  it('are not stored for an account that was deleted meanwhile', async () => {
    const userId = randomUUID();
    const series = { userId, key: 'g:set', keys: ['g:set'], chunks: [] };
    const nothing = { removed: [], added: [] };
    const sql = app.app.get(Database).of(userId);
    await expect(app.app.get(BlobStore).replace(sql, series, nothing)).rejects.toMatchObject({
      code: 'auth.token_revoked',
    });
  });
});
