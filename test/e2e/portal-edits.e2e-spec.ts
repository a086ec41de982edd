import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, type WireRecord } from '../support/phone.js';
import { aBadge, aRoutine, aRoutineExercise, clientIds, type Portal, portalOf } from '../support/portal.js';

/** What docs/portal.md promises to those who write a portal. */
describe('an edit made in a portal', () => {
  let app: TestApp;
  let portal: Portal;
  let browser: Phone;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
    browser = new Phone(app.url, portal.token, 'portal-5b0f2a1c');
  });

  const edit = async (body: object) => {
    const answer = await browser.request('push', { platform: 'web', ...body });
    expect([answer.rejected, answer.superseded]).toEqual([[], []]);
    return answer;
  };
  const routines = async (query = ''): Promise<WireRecord[]> =>
    (await portal.read(`/api/routines${query}`)).items;
  /** What the phone is told at its next pull. */
  const phonePulls = async (lastSync: number) => portal.phone.request('pull', { lastSync });

  it('creates a routine with its exercises, which the phone then gets', async () => {
    const { syncTime } = await portal.push({ routines: [aRoutine({ clientId: 'of the phone' })] });
    const now = Date.now();
    await edit({
      routines: [{ clientId: 'new', name: 'Pull day', createdAt: now, updatedAt: now }],
      routineExercises: [
        {
          clientId: 'new-1',
          routineId: 'new',
          exerciseName: 'Row',
          orderIndex: 0,
          createdAt: now,
          updatedAt: now,
        },
      ],
    });
    expect(clientIds(await routines())).toEqual(['new', 'of the phone']);
    const pulled = await phonePulls(syncTime);
    expect([clientIds(pulled.routines), clientIds(pulled.routineExercises)]).toEqual([['new'], ['new-1']]);
  });

  it('changes the keys it names and keeps the others', async () => {
    const { syncTime } = await portal.push({
      routines: [aRoutine({ clientId: 'r', description: 'kept', keyOfTheFuture: 1 })],
    });
    const [{ clientId, serverId } = { clientId: '' }] = await routines();
    await edit({ routines: [{ clientId, serverId, name: 'Leg day', updatedAt: Date.now() }] });
    expect(await routines()).toMatchObject([{ name: 'Leg day', description: 'kept', keyOfTheFuture: 1 }]);
    expect((await phonePulls(syncTime)).routines).toMatchObject([{ clientId: 'r', name: 'Leg day' }]);
  });

  it('names a record of a phone’s row number by its server id', async () => {
    const { syncTime } = await portal.push({ badges: [aBadge('streak_3', { clientId: '1' })] });
    const { items } = await portal.read('/api/badges');
    const [{ clientId, serverId }] = items as [WireRecord];
    expect(clientId).toBe(serverId);
    await edit({ badges: [{ clientId, serverId, celebratedAt: 5, updatedAt: Date.now() }] });
    expect((await portal.read('/api/badges')).items).toMatchObject([
      { badgeId: 'streak_3', celebratedAt: 5 },
    ]);
    expect((await phonePulls(syncTime)).badges).toMatchObject([{ clientId: '1', celebratedAt: 5 }]);
  });

  it('deletes a routine, and brings it back with everything in it', async () => {
    await portal.push({
      routines: [aRoutine({ clientId: 'r' })],
      routineExercises: [aRoutineExercise('r', { clientId: 'e' })],
    });
    const deletedAt = Date.now();
    await edit({ routines: [{ clientId: 'r', deletedAt, updatedAt: deletedAt }] });
    expect(await routines()).toEqual([]);
    expect(await routines('?deleted=true')).toMatchObject([{ clientId: 'r', deletedAt }]);
    await edit({ routines: [{ clientId: 'r', deletedAt: null, updatedAt: Date.now() }] });
    const [back] = (await routines()) as (WireRecord & { items: WireRecord[] })[];
    expect([back?.clientId, clientIds(back?.items ?? [])]).toEqual(['r', ['e']]);
  });

  it('is restored from the history', async () => {
    await portal.push({ routines: [aRoutine({ clientId: 'r', name: 'Push day' })] });
    await edit({ routines: [{ clientId: 'r', name: 'Mistake', updatedAt: Date.now() }] });
    const { versions } = await portal.read('/api/sync/history/routines/r');
    const { status } = await browser.send(`/api/sync/history/routines/r/${versions[0].version}/restore`, {});
    expect(status).toBe(200);
    expect(await routines()).toMatchObject([{ clientId: 'r', name: 'Push day' }]);
  });

  it('has no address of its own', async () => {
    for (const path of ['/api/sessions', '/api/routines', '/api/records', '/api/badges'])
      expect(await browser.send(path, {})).toMatchObject({
        status: 405,
        body: { code: 'route.method_not_allowed' },
      });
  });
});
