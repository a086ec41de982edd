import fs from 'node:fs';
import { startTestApp, type TestApp } from '../support/app.js';
import type { WireRecord } from '../support/phone.js';
import { aPhaseStatistic, aSet, clientIds, pathId, type Portal, portalOf } from '../support/portal.js';

const MINUTE_MS = 60_000;
const START = Date.UTC(2026, 0, 5, 18);

/** Sets a minute apart, the first one earliest. */
const setsInARow = (count: number, fields: object = {}) =>
  Array.from({ length: count }, (_, n) => aSet({ timestamp: START + n * MINUTE_MS, ...fields }));

describe('GET /api/sessions', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  const listed = async (query = '') => clientIds((await portal.read(`/api/sessions${query}`)).items);

  it('is empty for a new account', async () => {
    expect(await portal.read('/api/sessions')).toEqual({ items: [], nextCursor: null });
  });

  it('shows the newest set first, in exactly the form a pull gives', async () => {
    const sessions = setsInARow(3, { heaviestLiftKg: 23.47, keyOfTheFuture: { nested: [1, 'two'] } });
    await portal.push({ sessions });
    const pulled = await portal.phone.request('pull', { deviceId: 'a browser' });
    const { items } = await portal.read('/api/sessions');
    expect(items).toEqual(pulled.sessions.toReversed());
    expect(items[0]).toMatchObject({ heaviestLiftKg: 23.47, keyOfTheFuture: { nested: [1, 'two'] } });
  });

  it('pages through two years of a first-generation phone without losing or repeating a set', async () => {
    const body = JSON.parse(fs.readFileSync('test/fixtures/first-generation-first-push.json', 'utf8')) as {
      sessions: { clientId: string; timestamp: number }[];
    };
    await portal.push(body);
    const pages = await portal.pages('/api/sessions?limit=500');
    expect(pages.map(({ length }) => length)).toEqual([500, 500, 248]);
    expect(clientIds(pages.flat())).toEqual(
      clientIds(body.sessions.toSorted((a, b) => b.timestamp - a.timestamp)),
    );
  });

  it('gives 50 sets a page unless asked otherwise', async () => {
    await portal.push({ sessions: setsInARow(60) });
    expect(await portal.pages('/api/sessions').then((pages) => pages.map(({ length }) => length))).toEqual([
      50, 10,
    ]);
  });

  it('has no next page when the last one is full', async () => {
    await portal.push({ sessions: setsInARow(4) });
    expect((await portal.pages('/api/sessions?limit=2')).map(({ length }) => length)).toEqual([2, 2]);
  });

  it('neither repeats nor skips a set when others arrive between two pages', async () => {
    const sessions = setsInARow(9);
    await portal.push({ sessions });
    const pages = await portal.pages('/api/sessions?limit=2', () =>
      portal.push({ sessions: [aSet({ timestamp: START + 1e6 }), aSet({ timestamp: START + 1e6 })] }),
    );
    expect(clientIds(pages.flat())).toEqual(clientIds(sessions.toReversed()));
  });

  it('shows a set that arrives behind the place where the reader is', async () => {
    await portal.push({ sessions: setsInARow(4) });
    const first = await portal.read('/api/sessions?limit=2');
    const late = aSet({ timestamp: START - 1 });
    await portal.push({ sessions: [late] });
    const rest = await portal.read(`/api/sessions?limit=3&cursor=${first.nextCursor}`);
    expect(clientIds(rest.items)).toContain(late.clientId);
  });

  it('keeps sets of one millisecond apart by their server ids', async () => {
    const sessions = Array.from({ length: 7 }, () => aSet());
    await portal.push({ sessions });
    const pages = await portal.pages('/api/sessions?limit=3');
    expect(pages.map(({ length }) => length)).toEqual([3, 3, 1]);
    expect(clientIds(pages.flat()).toSorted()).toEqual(clientIds(sessions).toSorted());
  });

  it('takes `from` inclusively and `to` exclusively', async () => {
    const sessions = setsInARow(4);
    await portal.push({ sessions });
    const query = `?from=${START + MINUTE_MS}&to=${START + 3 * MINUTE_MS}`;
    expect(await listed(query)).toEqual([sessions[2]?.clientId, sessions[1]?.clientId]);
    expect(await listed(`?from=${START + MINUTE_MS}&to=${START + MINUTE_MS}`)).toEqual([]);
  });

  it.each([
    ['exerciseId', { exerciseId: 'custom_1704067200000' }],
    ['mode', { mode: 'TUT Beast' }],
    ['routineName', { routineName: 'Arms & abs Ä' }],
    ['routineSessionId', { routineSessionId: 'run/1' }],
  ])('filters by %s', async (name, fields) => {
    const wanted = aSet(fields);
    await portal.push({ sessions: [aSet(), wanted, aSet()] });
    const query = new URLSearchParams(fields).toString();
    expect(await listed(`?${query}`)).toEqual([wanted.clientId]);
    expect(await listed(`?${name}=nothing`)).toEqual([]);
  });

  it('keeps the filter on the next page', async () => {
    await portal.push({ sessions: [...setsInARow(5), ...setsInARow(5, { mode: 'Pump' })] });
    const pages = await portal.pages('/api/sessions?mode=Pump&limit=2');
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat().map(({ mode }) => mode))).toEqual(new Set(['Pump']));
  });

  it('hides deleted sets, and shows them with their deletion when asked to', async () => {
    const [kept, gone] = setsInARow(2);
    await portal.push({ sessions: [kept, { ...gone, deletedAt: START + 1, updatedAt: START + 1 }] });
    expect(await listed()).toEqual([kept.clientId]);
    const { items } = await portal.read('/api/sessions?deleted=true');
    expect(items.map(({ deletedAt }: WireRecord) => deletedAt)).toEqual([START + 1, null]);
  });

  it('takes any time a record may hold', async () => {
    const times = [Number.MIN_SAFE_INTEGER, -1, 0, Number.MAX_SAFE_INTEGER];
    await portal.push({ sessions: times.map((timestamp) => aSet({ timestamp })) });
    const pages = await portal.pages('/api/sessions?limit=1');
    expect(pages.flat().map(({ timestamp }) => timestamp)).toEqual(times.toReversed());
    expect(await listed(`?from=${Number.MIN_SAFE_INTEGER}&to=${Number.MAX_SAFE_INTEGER}`)).toHaveLength(3);
  });

  it('shows nothing of another account, whatever the cursor says', async () => {
    await portal.push({ sessions: setsInARow(3) });
    const { nextCursor } = await portal.read('/api/sessions?limit=1');
    const stranger = await portalOf(app);
    expect(await stranger.read(`/api/sessions?cursor=${nextCursor}&deleted=true`)).toEqual({
      items: [],
      nextCursor: null,
    });
  });

  it('needs no premium', async () => {
    await portal.push({ sessions: setsInARow(1) });
    await portal.losePremium();
    expect(await listed()).toHaveLength(1);
  });
});

describe('GET /api/sessions/{id}', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
    portal = await portalOf(app);
  });
  afterAll(() => app.close());

  const outcome = async (id: string, of = portal) => {
    const { status, body } = await of.get(`/api/sessions/${pathId(id)}`);
    return [status, body.code ?? body.clientId];
  };

  it('gives the set with its phase statistics, both as a pull gives them', async () => {
    const session = aSet();
    const phaseStats = [
      aPhaseStatistic(session.clientId, { timestamp: START + 1 }),
      aPhaseStatistic(session.clientId),
    ];
    await portal.push({ sessions: [session, aSet()], phaseStats });
    const pulled = await portal.phone.request('pull', { deviceId: 'a browser' });
    const { phaseStats: shown, ...rest } = await portal.read(`/api/sessions/${session.clientId}`);
    expect(rest).toEqual(pulled.sessions.find(({ clientId }) => clientId === session.clientId));
    expect(clientIds(shown)).toEqual(clientIds(phaseStats.toReversed()));
    expect(pulled.phaseStats).toEqual(expect.arrayContaining(shown));
  });

  it('finds it by client id and by server id, in any letter case', async () => {
    const clientId = 'Set/6F494170-CCC9 ünïcode%';
    const { idMappings } = await portal.push({ sessions: [aSet({ clientId })] });
    const serverId = idMappings.sessions?.[clientId] ?? '';
    for (const id of [clientId, clientId.toLowerCase(), serverId, serverId.toUpperCase()])
      expect(await outcome(id)).toEqual([200, clientId]);
  });

  it('finds it by the longest id there may be', async () => {
    const clientId = 'é'.repeat(128);
    await portal.push({ sessions: [aSet({ clientId })] });
    expect(await outcome(clientId)).toEqual([200, clientId]);
  });

  it('finds it by the row number its phone gave it', async () => {
    const { idMappings } = await portal.push({ sessions: [aSet({ clientId: '4711' })] });
    const { clientId, serverId } = await portal.read('/api/sessions/4711');
    expect(serverId).toBe(idMappings.sessions?.['4711']);
    expect(clientId).toBe(serverId);
  });

  it.each([
    ['a client id nobody has', 'nothing'],
    ['a server id nobody has', '00000000-0000-7000-8000-000000000000'],
    ['a row number nobody has', '99999'],
    ['U+0000', 'a\u0000b'],
    ['a very long id', 'x'.repeat(180)],
  ])('does not know %s', async (_, id) => {
    expect(await outcome(id)).toEqual([404, 'record.unknown']);
  });

  it('knows another account’s ids no better than ids that nobody has', async () => {
    const session = aSet({ clientId: 'shared-name' });
    const row = aSet({ clientId: '815' });
    const { idMappings } = await portal.push({ sessions: [session, row] });
    const stranger = await portalOf(app);
    const unknown = await stranger.get('/api/sessions/nobody');
    for (const id of ['shared-name', '815', ...Object.values(idMappings.sessions ?? {})]) {
      const { status, body } = await stranger.get(`/api/sessions/${id}?deleted=true`);
      expect({ status, body: { ...body, requestId: '' } }).toEqual({
        status: 404,
        body: { ...unknown.body, requestId: '' },
      });
    }
  });

  it('gives each account its own record of the same name', async () => {
    const stranger = await portalOf(app);
    await portal.push({ sessions: [aSet({ clientId: 'same', mode: 'Pump' })] });
    await stranger.push({ sessions: [aSet({ clientId: 'same', mode: 'TUT' })] });
    expect((await portal.read('/api/sessions/same')).mode).toBe('Pump');
    expect((await stranger.read('/api/sessions/same')).mode).toBe('TUT');
  });

  it('does not know a deleted set unless deleted ones are asked for, and hides deleted statistics alike', async () => {
    const session = aSet();
    const gone = aPhaseStatistic(session.clientId, { deletedAt: START });
    await portal.push({ sessions: [session], phaseStats: [gone] });
    expect((await portal.read(`/api/sessions/${session.clientId}`)).phaseStats).toEqual([]);
    await portal.push({ sessions: [{ ...session, deletedAt: START + 2, updatedAt: START + 2 }] });
    expect(await outcome(session.clientId)).toEqual([404, 'record.unknown']);
    const shown = await portal.read(`/api/sessions/${session.clientId}?deleted=true`);
    expect(shown.deletedAt).toBe(START + 2);
    expect(clientIds(shown.phaseStats)).toEqual([gone.clientId]);
  });

  it('shows statistics that came before their set as soon as it has arrived', async () => {
    const session = aSet();
    const early = aPhaseStatistic(session.clientId);
    await portal.push({ phaseStats: [early] });
    await portal.push({ sessions: [session] });
    expect(clientIds((await portal.read(`/api/sessions/${session.clientId}`)).phaseStats)).toEqual([
      early.clientId,
    ]);
  });
});
