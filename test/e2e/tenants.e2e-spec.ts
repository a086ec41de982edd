import { randomUUID } from 'node:crypto';
import { tenantsReport } from '../chaos/tenants.js';
import { Api } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { aRoutine, aSet, aSuperset } from '../support/portal.js';

describe('what belongs to somebody else', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  /** An account with something of every kind, and the names of all of it. */
  async function owner() {
    const account = await premiumAccount(app);
    const api = new Api(app.url);
    const read = async (path: string) => (await api.get(path, { token: account.token })).body;
    const phone = new Phone(app.url, account.token, `phone of ${account.userId}`);
    const [routine, set] = [aRoutine(), aSet()];
    const broken = { ...aRoutine(), name: 5 };
    await phone.request('push', {
      lastSync: 0,
      sessions: [set, aSet()],
      routines: [routine, broken],
      supersets: [aSuperset(routine.clientId)],
    });
    await phone.request('push', {
      lastSync: 0,
      routines: [{ ...routine, name: 'Legs', updatedAt: Date.now() }],
    });
    const samples = { deviceId: phone.deviceId, samples: [{ timestamp: 1 }] };
    await api.post(`/api/sessions/${set.clientId}/metrics`, { token: account.token, body: samples });
    const [shown] = (await read('/api/routines')).items;
    const sessions = await read('/api/sessions?limit=1');
    const [refused] = (await read('/api/sync/rejected')).rejected;
    const ids: string[] = [
      routine.clientId,
      shown.serverId,
      set.clientId,
      sessions.items[0].serverId,
      sessions.nextCursor,
      phone.deviceId,
      refused.id,
      account.userId,
    ];
    return { ids, digest: () => read('/api/sync/digest'), devices: () => read('/api/sync/devices') };
  }

  it('looks like what does not exist, in every field of every route, and is not changed', async () => {
    const { ids, digest, devices } = await owner();
    for (const id of ids) expect(id).toEqual(expect.any(String));
    const before = [await digest(), await devices()];
    const report = await tenantsReport({
      url: app.url,
      curious: await premiumAccount(app),
      control: await premiumAccount(app),
      foreignIds: ids,
      collections: ['routines', 'sessions'],
    });
    expect(report.leaks).toEqual([]);
    expect([await digest(), await devices()]).toEqual(before);
    for (const place of [
      'GET /api/sessions/{id} id',
      'GET /api/sync/rejected before',
      'POST /api/sync/push routines.[].serverId',
      'POST /api/sync/push supersets.[].routineId',
      'POST /api/sync/pull deviceId',
      'DELETE /api/sync/devices/{deviceId} deviceId',
    ])
      expect(report.places).toContain(place);
  }, 120_000);

  it('would be found out if it did not: an id of one’s own looks different', async () => {
    const [mine, other] = [await premiumAccount(app), await premiumAccount(app)];
    const set = { ...aSet(), clientId: randomUUID() };
    await new Phone(app.url, mine.token, 'phone').request('push', { lastSync: 0, sessions: [set] });
    const report = await tenantsReport({
      url: app.url,
      curious: mine,
      control: other,
      foreignIds: [set.clientId],
      collections: ['sessions'],
    });
    expect(report.leaks.join('\n')).toContain('GET /api/sessions/{id} id');
  });
});
