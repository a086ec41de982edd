import { startTestApp, type TestApp } from '../support/app.js';
import { aBadge, aRecord, aRoutine, aSet, type Portal, portalOf } from '../support/portal.js';

const PAGED = [
  '/api/sessions',
  '/api/workouts',
  '/api/records',
  '/api/records/history',
  '/api/routines',
  '/api/exercises',
  '/api/badges',
];
const RANGED = ['/api/sessions', '/api/workouts', '/api/totals', '/api/totals/exercises'];
const DELETABLE = ['/api/sessions', '/api/records/history', '/api/routines', '/api/exercises', '/api/badges'];
const TEXTS = [
  ['/api/sessions', 'exerciseId'],
  ['/api/sessions', 'mode'],
  ['/api/sessions', 'routineName'],
  ['/api/sessions', 'routineSessionId'],
  ['/api/records', 'exerciseId'],
  ['/api/records', 'mode'],
  ['/api/records', 'prType'],
  ['/api/records/history', 'mode'],
  ['/api/totals', 'exerciseId'],
] as const;

const encoded = (text: string) => Buffer.from(text).toString('base64url');
const UUID = '01a2022e-616b-72c5-aa6a-6af906f48130';

describe('hostile questions of a portal', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
    portal = await portalOf(app);
    const set = aSet();
    await portal.push({
      sessions: [set, aSet()],
      records: [aRecord(), aRecord({ exerciseId: 'squat' })],
      routines: [aRoutine(), aRoutine()],
      badges: [aBadge('streak_3'), aBadge('streak_7')],
    });
  });
  afterAll(() => app.close());

  /** Refused with the place named, and never with what the database said. */
  async function expectRefusal(path: string, place: string) {
    const { status, body } = await portal.get(path);
    expect([path, status, body.code, body.errors?.[0]?.path]).toEqual([path, 400, 'request.invalid', place]);
  }

  it.each(PAGED)('get 400 for a limit that is none: %s', async (path) => {
    for (const limit of [
      '0',
      '501',
      '-1',
      '1.5',
      'NaN',
      '1e2',
      '0x10',
      ' 5',
      '',
      'Infinity',
      '9'.repeat(400),
      '٣',
    ])
      await expectRefusal(`${path}?limit=${encodeURIComponent(limit)}`, 'limit');
    await expectRefusal(`${path}?limit=5&limit=6`, 'limit');
    await expectRefusal(`${path}?limit=1%00`, 'limit');
  });

  it.each(PAGED)('get 400 for a cursor that this server never gave: %s', async (path) => {
    const cursors = [
      '',
      'x',
      '%00',
      'a'.repeat(5000),
      encoded(''),
      encoded('1'),
      encoded(`/${UUID}`),
      encoded(`1/${UUID}x`),
      encoded(`1.5/${UUID}`),
      encoded(`NaN/${UUID}`),
      encoded(`9999999999999999/${UUID}`),
      encoded(`1/${UUID.toUpperCase()}`),
      encoded('1/not-a-uuid'),
      encoded(`1/${UUID}\u0000`),
      encoded(`01/${UUID}`),
      `${encoded(`1/${UUID}`)}!`,
      `${encoded(`1/${UUID}`)}==`,
    ];
    for (const cursor of cursors) await expectRefusal(`${path}?cursor=${cursor}`, 'cursor');
    await expectRefusal(`${path}?cursor=a&cursor=b`, 'cursor');
  });

  it.each(PAGED)('take a cursor to any place, also one that nobody was given: %s', async (path) => {
    for (const at of [Number.MIN_SAFE_INTEGER, -1, 0, Number.MAX_SAFE_INTEGER])
      expect((await portal.get(`${path}?cursor=${encoded(`${at}/${UUID}`)}`)).status).toBe(200);
  });

  it.each(RANGED)('get 400 for a time that is none: %s', async (path) => {
    for (const name of ['from', 'to'])
      for (const time of [
        'NaN',
        '',
        'now',
        '1.5',
        '1e12',
        '9007199254740992',
        '-9007199254740992',
        '1'.repeat(30),
        '%00',
      ])
        await expectRefusal(`${path}?${name}=${time}`, name);
  });

  it.each(RANGED)('answer for the widest and for the narrowest range: %s', async (path) => {
    const { MIN_SAFE_INTEGER: least, MAX_SAFE_INTEGER: most } = Number;
    for (const [from, to] of [
      [least, most],
      [most, least],
      [most, most],
      [0, 0],
    ])
      expect((await portal.get(`${path}?from=${from}&to=${to}`)).status).toBe(200);
  });

  it.each(DELETABLE)('get 400 for neither true nor false: %s', async (path) => {
    for (const flag of ['1', 'yes', 'TRUE', '', '%00'])
      await expectRefusal(`${path}?deleted=${flag}`, 'deleted');
  });

  it.each(TEXTS)('get 400 for U+0000, a list or a very long text: %s?%s', async (path, name) => {
    await expectRefusal(`${path}?${name}=a%00b`, name);
    await expectRefusal(`${path}?${name}=a&${name}=b`, name);
    await expectRefusal(`${path}?${name}=${'x'.repeat(256)}`, name);
  });

  it.each(TEXTS)('find nothing for texts that look like SQL or are no UTF-8: %s?%s', async (path, name) => {
    for (const text of ["' or ''='", '%25', '$1', '', '\\', '😀', '%ED%A0%80', '%ff', '%zz'].map((raw) =>
      raw.startsWith('%') ? raw : encodeURIComponent(raw),
    )) {
      const { status, body } = await portal.get(`${path}?${name}=${text}`);
      expect([text, status, body.items]).toEqual([text, 200, []]);
    }
  });

  it('get 400 for a period that is none', async () => {
    for (const by of ['year', 'DAY', '', 'day%00', "day'"]) await expectRefusal(`/api/totals?by=${by}`, 'by');
    await expectRefusal('/api/totals?by=day&by=week', 'by');
    await expectRefusal('/api/totals?timeZone=UTC&timeZone=UTC', 'timeZone');
  });

  it('pay no attention to parameters that nobody declared', async () => {
    const plain = await portal.read('/api/sessions');
    for (const query of [
      'userId=x',
      '__proto__=x',
      '__proto__[limit]=1',
      'constructor=x',
      'toString=x',
      '&&&=',
      '%00=%00',
    ])
      expect(await portal.read(`/api/sessions?${query}`)).toEqual(plain);
  });

  it.each(['sessions', 'routines'])('get 404 for ids that no record can have: /api/%s/{id}', async (list) => {
    for (const id of [
      '%00',
      'a%00',
      '%20',
      "'",
      '%F0%9F%98%80',
      '%2Fetc%2Fpasswd',
      '1'.repeat(100),
      'null',
    ]) {
      const { status, body } = await portal.get(`/api/${list}/${id}?deleted=true`);
      expect([id, status, body.code]).toEqual([id, 404, 'record.unknown']);
    }
  });

  it('need a token', async () => {
    for (const path of [...PAGED, ...RANGED, '/api/stats', '/api/sessions/x', '/api/routines/x']) {
      const answer = await fetch(`${app.url}${path}`);
      expect([path, answer.status]).toEqual([path, 401]);
    }
  });
});
