import { randomUUID } from 'node:crypto';
import { type Answer, PASSWORD } from '../../support/api.js';
import { type Bench, benches, session, T } from './bench.js';

/** Two code points, so that as many as a limit names are twice too many. */
const HEART = '❤️';

type Outcome = Pick<Answer, 'status' | 'body'>;
type Case = [title: string, status: number, code: string, send: (bench: Bench) => Promise<Outcome>];

const push = (body: object) => (bench: Bench) => bench.http('POST', '/api/sync/push', body);
const pull = (body: object) => (bench: Bench) => bench.http('POST', '/api/sync/pull', body);
const get = (path: string) => (bench: Bench) => bench.http('GET', `/api/sync/${path}`);
const text = (body: string) => (bench: Bench) => bench.postText('/api/sync/push', body);

const CASES: Case[] = [
  [
    'a push by a device id of 128 hearts',
    400,
    'request.invalid',
    push({ deviceId: HEART.repeat(128), sessions: [session('a')] }),
  ],
  [
    'a pull by a device id of 128 hearts',
    400,
    'request.invalid',
    pull({ deviceId: HEART.repeat(128), lastSync: 1 }),
  ],
  [
    'a device name of 255 hearts',
    400,
    'request.invalid',
    push({ deviceId: 'd', deviceName: HEART.repeat(255) }),
  ],
  ['a platform of 50 hearts', 400, 'request.invalid', push({ deviceId: 'd', platform: HEART.repeat(50) })],
  [
    'ids of 128 emoji and of 128 digits',
    200,
    '',
    push({ deviceId: '😀'.repeat(128), sessions: [session('😀'.repeat(128)), session('1'.repeat(128))] }),
  ],
  [
    'an unknown key with an emoji where it would be cut',
    200,
    '',
    push({ deviceId: 'd', sessions: [session('a', { [`${'x'.repeat(254)}😀`]: 2 ** 60 })] }),
  ],
  ['U+0000 in the id of a history', 404, 'record.unknown', get('history/sessions/a%00b')],
  ['U+0000 in the collection of a history', 404, 'sync.collection_unknown', get('history/ses%00sions/a')],
  ['U+0000 in the id of a restore', 404, 'record.unknown', (b) => b.restore('sessions', 'a\u0000', 1)],
  [
    'U+0000 in a device to rename',
    404,
    'sync.device_unknown',
    (b) => b.http('PATCH', '/api/sync/devices/a%00', { deviceName: 'x' }),
  ],
  [
    'U+0000 in a device to shut out',
    404,
    'sync.device_unknown',
    (b) => b.http('DELETE', '/api/sync/devices/a%00'),
  ],
  ['U+0000 in the device of a status', 400, 'request.invalid', get('status?deviceId=a%00')],
  [
    'a status of 128 hearts',
    400,
    'request.invalid',
    get(`status?deviceId=${encodeURIComponent(HEART.repeat(128))}`),
  ],
  ['a status from an endless cursor', 200, '', get('status?lastSync=1e300')],
  [
    'a status with every parameter twice',
    400,
    'request.invalid',
    get('status?lastSync=1&lastSync=2&deviceId=a&deviceId=b'),
  ],
  ['U+0000 in the collection of a digest', 404, 'sync.collection_unknown', get('digest?collection=%00')],
  ['a digest of __proto__', 404, 'sync.collection_unknown', get('digest?collection=__proto__')],
  ['a history of constructor', 404, 'sync.collection_unknown', get('history/constructor/x')],
  [
    'refused records before one that is not there',
    200,
    '',
    get('rejected?before=00000000-0000-0000-0000-000000000000&limit=5'),
  ],
  [
    '__proto__ as a key of a record',
    400,
    'request.not_json',
    text('{"deviceId":"d","sessions":[{"clientId":"a","__proto__":{"x":1}}]}'),
  ],
  ['a cursor of 1e400', 400, 'request.invalid', text('{"deviceId":"d","lastSync":1e400,"sessions":[]}')],
  ['a blank device id', 200, '', push({ deviceId: ' ', lastSync: null })],
  ['half a surrogate pair in a device id', 400, 'request.invalid', text('{"deviceId":"a\\ud83d"}')],
  ['U+0000 in a device id', 400, 'request.invalid', push({ deviceId: 'a\u0000' })],
];

/** No number, or a whole one that is no cursor of the device, leads to everything again; anything else is refused. */
const WILD_CURSORS = ['null', '-1', '1e18', '1e300', '9223372036854775807'];
const NO_CURSORS = ['"5"', '1.5', 'true', '[]', '{}', '""'];
const both = (cursors: readonly string[]) =>
  cursors.flatMap((cursor) => ['push', 'pull'].map((what) => [what, cursor]));

describe('hostile input', () => {
  const the = benches();

  it.each(CASES)('%s (%i %s)', async (_title, status, code, send) => {
    const answer = await send(the());
    expect([answer.status, answer.status < 400 ? '' : answer.body.code]).toEqual([status, code]);
  });

  it.each(['99999999999', '-1', '0', '9007199254740993', '1e3', '01', ' 1'])(
    'a restore of version "%s" finds nothing',
    async (version) => {
      await the()
        .phone()
        .request('push', { sessions: [session('x')] });
      const { status, body } = await the().restore('sessions', 'x', version);
      expect([status, body.code]).toEqual([404, 'history.version_unknown']);
    },
  );

  it.each([
    ['255 hearts', HEART.repeat(255), 400],
    ['U+0000', 'a\u0000', 400],
    ['half a surrogate pair', '\ud83d', 400],
    ['null', null, 200],
  ])('a new device name of %s', async (_title, deviceName, status) => {
    await the().phone('a').request('push', {});
    const answer = await the().http('PATCH', '/api/sync/devices/a', { deviceName });
    expect(answer.status).toBe(status);
  });

  it.each(both(WILD_CURSORS))('a %s from the cursor %s is taken', async (what, cursor) => {
    await the()
      .phone('other')
      .request('push', { sessions: [session('x')] });
    const path = `/api/sync/${what}`;
    expect((await the().postText(path, `{"deviceId":"a","lastSync":${cursor}}`)).status).toBe(200);
    const { sessions } = await the().phone('a').request('pull', {});
    expect(sessions).toHaveLength(1);
  });

  it.each(WILD_CURSORS)('a push with a new record from the cursor %s stores it', async (cursor) => {
    const record = JSON.stringify(session('x'));
    const body = `{"deviceId":"a","lastSync":${cursor},"sessions":[${record}]}`;
    expect((await the().postText('/api/sync/push', body)).status).toBe(200);
    expect((await the().postText('/api/sync/push', body)).status).toBe(200);
    const { sessions } = await the().phone('b').request('pull', {});
    expect(sessions).toHaveLength(1);
  });

  it.each(both(NO_CURSORS))('a %s from %s, which is no cursor, is refused', async (what, cursor) => {
    const answer = await the().postText(`/api/sync/${what}`, `{"deviceId":"a","lastSync":${cursor}}`);
    expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
  });

  it('single-precision numbers come back as the same single-precision number', async () => {
    const sent = [
      '0.1',
      '1e-45',
      '3.4028235e38',
      '-3.4028235E38',
      '1.17549435E-38',
      '16777217',
      '83.19999694824219',
      '1e-46',
      '1.4E-45',
      '0.30000001',
    ];
    const records = sent.map((number, n) =>
      JSON.stringify(session(`f${n}`)).replace('"weightPerCableKg":20', `"weightPerCableKg":${number}`),
    );
    const { body } = await the().postText(
      '/api/sync/push',
      `{"deviceId":"a","lastSync":0,"sessions":[${records.join()}]}`,
    );
    expect(body.rejected).toEqual([]);
    const { sessions } = await the().seen();
    const shown = new Map(sessions.map((s) => [s.clientId, Math.fround(Number(s.weightPerCableKg))]));
    expect(sent.map((_, n) => shown.get(`f${n}`))).toEqual(sent.map((number) => Math.fround(Number(number))));
  });

  it('unknown values come back as sent', async () => {
    const unknown = {
      a: [1, 2.5, 1e-7, { b: null, c: [] }],
      '': 1,
      'ключ "\\\n\u2028': '\u2028\u2029',
      big: Number.MAX_SAFE_INTEGER,
      tiny: Number.MIN_VALUE,
      f: 0.1 + 0.2,
      constructor: 'c',
      valueOf: { hasOwnProperty: 1 },
      userId: 'u',
      version: '1',
      extra: { extra: 1 },
      w: 1,
      h: 2,
      clientKey: 'g:x',
      place: 3,
    };
    const { rejected } = await the()
      .phone()
      .request('push', { sessions: [session('a', unknown)] });
    expect(rejected).toEqual([]);
    const [shown] = (await the().seen()).sessions;
    expect(Object.keys(unknown).map((key) => [key, shown[key]])).toEqual(Object.entries(unknown));
  });

  it('a push of nothing but refused records, repeated, is answered alike and writes nothing', async () => {
    const phone = the().phone('a');
    const body = {
      lastSync: 0,
      sessions: [{ clientId: 'x' }, null, 5, session('\ud800'), session('y', { mode: 5 })],
      nonsense: 1,
    };
    const written = () =>
      Promise.all(
        ['rejected_records', 'sync_devices', 'device_cursors', 'sync_clock'].map((table) =>
          the().rows(table, 'xmin::text, *'),
        ),
      );
    const first = await phone.request('push', body);
    expect(first.rejected).toHaveLength(5);
    expect(first.syncTime).toBe(0);
    const before = await written();
    expect(await phone.request('push', body)).toEqual(first);
    expect(await written()).toEqual(before);
  });

  it('what is kept of refused records is bounded', async () => {
    const phone = the().phone('a');
    for (const clientId of ['x0', 'x1', 'x2'])
      await phone.request('push', { sessions: [{ clientId, zz: 'x'.repeat(9_000_000) }] });
    const kept = await the().rows<{ length: number }>('rejected_records', 'length(record)::int as length');
    expect(kept.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(10_000_000);
  });

  it('an account deleted during pushes and pulls leaves nothing', async () => {
    const requests = Array.from({ length: 20 }, (_, n) =>
      the()
        .phone(`p${n}`)
        .send(`/api/sync/${n % 2 ? 'push' : 'pull'}`, {
          sessions: Array.from({ length: 50 }, () => session(randomUUID(), { updatedAt: T })),
        }),
    );
    const deletion = the().http('DELETE', '/api/auth/me', { password: PASSWORD });
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect((await deletion).status).toBe(200);
    expect(statuses.filter((status) => status >= 500 && status !== 503)).toEqual([]);
    for (const table of [
      'workout_sessions',
      'sync_devices',
      'device_cursors',
      'device_marks',
      'sync_clock',
      'rejected_records',
    ])
      expect([table, await the().rows(table)]).toEqual([table, []]);
  });
});
