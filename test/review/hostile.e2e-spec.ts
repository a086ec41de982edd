import { startTestApp, type TestApp } from '../support/app.js';
import { Kit, T, session, routine, superset, exercise, badge, phase, uuid } from './kit.js';
describe('review: hostile', () => {
  let app: TestApp; let k: Kit;
  beforeAll(async () => { app = await startTestApp(); });
  afterAll(() => app.close());
  beforeEach(async () => { k = await new Kit(app).open(); });
  const heart = '❤️';
  const cases: [string, () => Promise<{ status: number; body: any }>][] = [
    ['deviceId 128 × ❤️ push', () => k.http('POST', '/api/sync/push', { deviceId: heart.repeat(128), lastSync: 0, sessions: [session('a')] })],
    ['deviceId 128 × ❤️ pull', () => k.http('POST', '/api/sync/pull', { deviceId: heart.repeat(128), lastSync: 1 })],
    ['deviceName 255 × ❤️', () => k.http('POST', '/api/sync/push', { deviceId: 'd', deviceName: heart.repeat(255) })],
    ['platform 50 × ❤️', () => k.http('POST', '/api/sync/push', { deviceId: 'd', platform: heart.repeat(50) })],
    ['deviceId 128 emoji', () => k.http('POST', '/api/sync/push', { deviceId: '😀'.repeat(128), sessions: [session('😀'.repeat(128)), session('1'.repeat(128))] })],
    ['unknown key cut in half', () => k.http('POST', '/api/sync/push', { deviceId: 'd', sessions: [session('a', { ['x'.repeat(254) + '😀']: 2 ** 60 })] })],
    ['history %00', () => k.http('GET', '/api/sync/history/sessions/a%00b')],
    ['history collection %00', () => k.http('GET', '/api/sync/history/ses%00sions/a')],
    ['restore %00', () => k.http('POST', '/api/sync/history/sessions/a%00/1/restore', {})],
    ['devices patch %00', () => k.http('PATCH', '/api/sync/devices/a%00', { deviceName: 'x' })],
    ['devices delete %00', () => k.http('DELETE', '/api/sync/devices/a%00')],
    ['status %00', () => k.http('GET', '/api/sync/status?deviceId=a%00')],
    ['status ❤️', () => k.http('GET', '/api/sync/status?deviceId=' + encodeURIComponent(heart.repeat(128)))],
    ['status lastSync', () => k.http('GET', '/api/sync/status?lastSync=1e300')],
    ['status lastSync array', () => k.http('GET', '/api/sync/status?lastSync=1&lastSync=2&deviceId=a&deviceId=b')],
    ['digest %00', () => k.http('GET', '/api/sync/digest?collection=%00')],
    ['digest proto', () => k.http('GET', '/api/sync/digest?collection=__proto__')],
    ['history proto', () => k.http('GET', '/api/sync/history/constructor/x')],
    ['rejected', () => k.http('GET', '/api/sync/rejected?before=00000000-0000-0000-0000-000000000000&limit=5')],
    ['proto key in one record', () => k.http('POST', '/api/sync/push', `{"deviceId":"d","sessions":[{"clientId":"a","__proto__":{"x":1}}]}`)],
    ['1e400', () => k.http('POST', '/api/sync/push', `{"deviceId":"d","lastSync":1e400,"sessions":[]}`)],
    ['empty title', () => k.http('POST', '/api/sync/push', { deviceId: ' ', lastSync: null })],
    ['surrogate device', () => k.http('POST', '/api/sync/push', '{"deviceId":"a\\ud83d"}')],
    ['nul device', () => k.http('POST', '/api/sync/push', { deviceId: 'a\u0000' })],
  ];
  it.each(cases)('%s', async (_n, run) => {
    const r = await run();
    expect([r.status < 500, r.status, r.status >= 400 ? r.body?.code : '']).toEqual([true, r.status, r.status >= 400 ? r.body?.code : '']);
    console.log(_n, r.status, JSON.stringify(r.body).slice(0, 200));
  });
  it('restore a version number beyond 32 bit', async () => {
    await k.phone('a').request('push', { sessions: [session('x')] });
    for (const v of ['99999999999', '-1', '0', '9007199254740993', '1e3', '01', ' 1'])
      { const r = await k.http('POST', `/api/sync/history/sessions/x/${encodeURIComponent(v)}/restore`, {}); console.log(v, r.status, r.body.code); expect(r.status).toBeLessThan(500); }
  });
  it('patch device name', async () => {
    await k.phone('a').request('push', { sessions: [session('x')] });
    for (const deviceName of [heart.repeat(255), 'a\u0000', '\ud83d', null])
      { const r = await k.http('PATCH', `/api/sync/devices/a`, { deviceName }); console.log(JSON.stringify(deviceName).slice(0, 20), r.status, r.body.code); expect(r.status).toBeLessThan(500); }
  });
  it('floats', async () => {
    const a = k.phone('a');
    const list = ['0.1', '1e-45', '3.4028235e38', '-3.4028235E38', '1.17549435E-38', '16777217', '83.19999694824219', '1e-46', '1.4E-45', '0.30000001', '-0.0'];
    const body = `{"deviceId":"a","lastSync":0,"sessions":[${list.map((f, i) => JSON.stringify(session('f' + i)).replace('"weightPerCableKg":20', `"weightPerCableKg":${f}`)).join()}]}`;
    const r = await k.http('POST', '/api/sync/push', body);
    console.log(r.status, JSON.stringify(r.body.rejected));
    const res = await fetch(k.app.url + '/api/sync/pull', { method: 'POST', headers: { authorization: `Bearer ${k.account.token}`, 'content-type': 'application/json' }, body: '{"deviceId":"b","lastSync":0}' });
    const text = await res.text();
    console.log([...text.matchAll(/"clientId":"(f\d+)".*?"weightPerCableKg":([^,]+)/g)].map((m) => `${list[Number(m[1]!.slice(1))]}→${m[2]}`).join('  '));
    expect(r.body.rejected).toEqual([]);
  });
  it('unknown values come back as sent', async () => {
    const a = k.phone('a');
    const x = { a: [1, 2.5, 1e-7, 1e20 / 3, { b: null, c: [] }], '': 1, 'ключ "\\\n\u2028': '\u2028\u2029', big: 9007199254740991, tiny: 5e-324, neg: -0, f: 0.1 + 0.2, constructor: 'c', valueOf: { hasOwnProperty: 1 }, userId: 'u', version: '1', extra: { extra: 1 }, w: 1, h: 2 };
    const r = await a.request('push', { sessions: [session('a', x)] });
    const [s] = (await k.phone().request('pull', {})).sessions!;
    console.log(JSON.stringify(r.rejected));
    expect(s).toMatchObject(JSON.parse(JSON.stringify(x)));
  });
  it('unknown 1e21 / 1e300', async () => {
    const r = await k.http('POST', '/api/sync/push', `{"deviceId":"a","sessions":[${JSON.stringify(session('a')).slice(0, -1)},"zz":1e21},${JSON.stringify(session('b')).slice(0, -1)},"zz":1.5e300}]}`);
    console.log(JSON.stringify(r.body.rejected));
  });
  it('lastSync of every type', async () => {
    for (const v of ['null', '"5"', '1.5', '-1', '1e18', '1e300', 'true', '[]', '{}', '9223372036854775807', '""']) for (const w of ['push', 'pull']) {
      const r = await k.http('POST', `/api/sync/${w}`, `{"deviceId":"a","lastSync":${v}}`);
      console.log(w, v, r.status, r.body.resync, r.body.syncTime);
      expect(r.status).toBeLessThan(500);
    }
  });
  it('rejects only, twice: what is written', async () => {
    const a = k.phone('a');
    const body = { lastSync: 0, sessions: [{ clientId: 'x' }, null, 5, session('\ud800'), session('y', { mode: 5 })], nonsense: 1 };
    const r = await a.request('push', body);
    const snap = async () => JSON.stringify([await k.sql('select xmin::text, * from rejected_records where user_id=$1 order by id', [k.account.userId]), await k.sql('select xmin::text, * from sync_devices where user_id=$1', [k.account.userId]), await k.sql('select xmin::text, * from device_cursors where user_id=$1', [k.account.userId]), await k.sql('select xmin::text, * from sync_clock where user_id=$1', [k.account.userId])]);
    const s1 = await snap();
    expect(r.rejected).toHaveLength(5);
    expect(await a.request('push', body)).toEqual(r);
    expect(await snap()).toBe(s1);
    expect(r.syncTime).toBe(0);
  });
  it('quarantine is bounded in bytes', async () => {
    const a = k.phone('a');
    for (let i = 0; i < 3; i++) await a.request('push', { sessions: [{ clientId: 'x' + i, zz: 'x'.repeat(9_000_000) }] });
    const [row] = await k.sql('select sum(length(record))::int as n from rejected_records where user_id=$1', [k.account.userId]);
    console.log(row);
    expect(row.n).toBeLessThan(10_000_000);
  });
  it('GET /api/sync/rejected answer of large ones', async () => {
    const a = k.phone('a');
    for (let i = 0; i < 3; i++) await a.request('push', { sessions: [{ clientId: 'x' + i, zz: 'x'.repeat(20_000_000) }] });
    const r = await k.http('GET', '/api/sync/rejected');
    console.log(r.status, JSON.stringify(r.body).length);
  });
});
