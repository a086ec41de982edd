import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { bitsOf, curve, Lifter, recordedUpload, START } from '../support/samples.js';

const times = (count: number) => Array.from({ length: count }, (_, i) => i * 16);

describe('sensor samples', () => {
  let app: TestApp;
  let lifter: Lifter;

  beforeAll(async () => {
    app = await startTestApp();
    lifter = await Lifter.in(app);
  });
  afterAll(() => app.close());

  it('come back as they were sent, to the last bit', async () => {
    const id = randomUUID();
    const { deviceId, samples } = recordedUpload();
    const stored = await lifter.post(id, { deviceId, samples });
    expect(stored.status).toBe(201);
    expect(stored.body).toEqual({ uploaded: samples.length, total: samples.length });
    const { body } = await lifter.get(id);
    expect(body.sessionId).toBe(id);
    expect(bitsOf(body.samples)).toEqual(bitsOf(samples));
    expect(Object.keys(body.samples[0])).toEqual(Object.keys(samples[0]));
  });

  it('are printed as the shortest text of a float32, absent values as nulls', async () => {
    const id = randomUUID();
    const values =
      '"position":83.2,"positionB":null,"velocity":-0.0,"velocityB":16777216,"load":0.1,"loadB":1e-45,"power":3.4028235e+38';
    const sent = `{"timestamp":-5,${values},"status":-2147483648}`;
    const headers = { 'content-type': 'application/json' };
    await lifter.fetch(id, '', {
      method: 'POST',
      headers,
      body: `{"deviceId":"a","samples":[${sent},{"timestamp":7}]}`,
    });
    const answer = await lifter.fetch(id);
    const empty =
      '"position":null,"positionB":null,"velocity":null,"velocityB":null,"load":null,"loadB":null,"power":null';
    expect(await answer.text()).toBe(
      `{"sessionId":"${id}","samples":[${sent},{"timestamp":7,${empty},"status":0}]}`,
    );
  });

  it('change nothing when they are sent again, whole or in part', async () => {
    const other = await Lifter.in(app);
    const samples = curve(0, 3_000);
    await other.upload('set', samples);
    const before = await other.chunks();
    expect(await other.upload('set', samples)).toEqual({ uploaded: 3_000, total: 3_000 });
    expect(await other.upload('set', samples.slice(700, 900))).toEqual({ uploaded: 200, total: 3_000 });
    expect(await other.chunks()).toEqual(before);
  });

  it('merge by time, whatever order they come in, and the one sent last stays', async () => {
    const id = randomUUID();
    await lifter.upload(id, curve(2_000, 1_000, 1).toReversed());
    await lifter.upload(id, curve(0, 700, 2));
    await lifter.upload(id, curve(500, 1_600, 3));
    expect(await lifter.upload(id, [...curve(10, 5, 8), ...curve(10, 5, 4)])).toEqual({
      uploaded: 10,
      total: 3_000,
    });
    const merged = [
      ...curve(0, 10, 2),
      ...curve(10, 5, 4),
      ...curve(15, 485, 2),
      ...curve(500, 1_600, 3),
      ...curve(2_100, 900, 1),
    ];
    expect(bitsOf(await lifter.samples(id))).toEqual(bitsOf(merged));
  });

  it('all get in when several uploads for a session arrive at once', async () => {
    const id = randomUUID();
    const parts = Array.from({ length: 12 }, (_, i) => curve(i * 300, 400));
    const totals = await Promise.all(parts.map((part) => lifter.upload(id, part)));
    expect(Math.max(...totals.map(({ total }) => total))).toBe(3_700);
    expect(bitsOf(await lifter.samples(id))).toEqual(bitsOf(curve(0, 3_700)));
  });

  it('that trickle in are kept in few chunks, and large ones in several', async () => {
    const other = await Lifter.in(app);
    for (let i = 0; i < 30; i++) await other.upload('live', curve(i * 60, 60));
    expect((await other.chunks()).map(({ sample_count }) => sample_count)).toEqual([1_800]);
    const many = await Lifter.in(app);
    await many.upload('long', curve(0, 50_000));
    expect((await many.chunks()).map(({ sample_count }) => sample_count)).toEqual([16_667, 16_666, 16_667]);
    expect(bitsOf(await many.samples('long'))).toEqual(bitsOf(curve(0, 50_000)));
  });

  it('take at most 13 bytes each', async () => {
    const other = await Lifter.in(app);
    const { samples } = recordedUpload();
    await other.upload('recorded', samples);
    const [chunk] = await other.chunks();
    expect(chunk.bytes / samples.length).toBeLessThan(13);
  });

  it('may come as columns, and packed', async () => {
    const id = randomUUID();
    const body = {
      deviceId: 'phone',
      timestamp: [START, START + 20],
      position: [1.5, null],
      velocity: null,
      status: [1, 2],
    };
    const answer = await lifter.fetch(id, '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: gzipSync(JSON.stringify(body)),
    });
    expect(await answer.json()).toEqual({ uploaded: 2, total: 2 });
    expect(bitsOf(await lifter.samples(id))).toEqual(
      bitsOf([
        { timestamp: START, position: 1.5, status: 1 },
        { timestamp: START + 20, status: 2 },
      ]),
    );
  });

  it('may be none: that stores nothing and tells how many there are', async () => {
    const id = randomUUID();
    expect(await lifter.upload(id, [])).toEqual({ uploaded: 0, total: 0 });
    expect(outcomeOf(await lifter.get(id))).toEqual([404, 'record.unknown']);
  });

  it('are refused as a whole, with the first faults named, if one of them is wrong', async () => {
    const id = randomUUID();
    const samples: unknown[] = curve(0, 40);
    samples[3] = { timestamp: 1.5, load: '20', status: 2 ** 31 };
    samples[5] = null;
    samples[7] = { timestamp: START, power: 3.5e38 };
    const { status, body } = await lifter.post(id, { deviceId: 'phone', samples });
    expect([status, body.code]).toEqual([400, 'metrics.invalid_samples']);
    expect(body.errors.map(({ path, code }: { path: string; code: string }) => [path, code])).toEqual([
      ['samples.3.timestamp', 'isInt'],
      ['samples.3.load', 'isFloat'],
      ['samples.3.status', 'isInt'],
      ['samples.5', 'isObject'],
      ['samples.7.power', 'isFloat'],
    ]);
    const unequal = await lifter.post(id, { deviceId: 'phone', timestamp: [1, 2], load: [1], power: 'none' });
    expect(unequal.body.errors.map(({ path }: { path: string }) => path)).toEqual(['load', 'power']);
    expect(outcomeOf(await lifter.get(id))).toEqual([404, 'record.unknown']);
  });

  it.each([
    ['without a device', { samples: [] }],
    ['with an empty device', { deviceId: '', samples: [] }],
    ['with U+0000 in the device', { deviceId: 'a\u0000', samples: [] }],
    ['without samples', { deviceId: 'a' }],
    ['with something else as samples', { deviceId: 'a', samples: {} }],
    ['as rows and as columns', { deviceId: 'a', samples: [], timestamp: [] }],
  ])('are refused %s', async (_, body) => {
    expect(outcomeOf(await lifter.post('refused', body))).toEqual([400, 'request.invalid']);
  });

  it.each([
    ['no body', undefined, 'request.invalid'],
    ['an empty body', '', 'request.invalid'],
    ['a broken text', '{"deviceId":"a","samples":[', 'request.not_json'],
    ['a list', '[]', 'request.not_json'],
    ['bytes that are no UTF-8', Buffer.from('7b2261223a22ff227d', 'hex'), 'request.not_json'],
    ['a prototype for a sample', '{"samples":[{"__proto__":{}}]}', 'request.not_json'],
  ])('are JSON: %s is refused, and only to who may upload', async (_, body, code) => {
    const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const refused = await lifter.fetch('refused', '', { method: 'POST', headers, body });
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ code })]);
    const unsigned = { ...headers, authorization: 'Bearer x' };
    expect((await lifter.fetch('refused', '', { method: 'POST', headers: unsigned, body })).status).toBe(401);
  });

  it('are refused when they nest, while they come in', async () => {
    const body = `{"samples":${'['.repeat(600)}${']'.repeat(600)}}`;
    const headers = { 'content-type': 'application/json' };
    const refused = await lifter.fetch('refused', '', { method: 'POST', headers, body });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'request.invalid' }),
    ]);
  });

  it('are taken up to 200,000 at a time', async () => {
    const other = await Lifter.in(app);
    const tooMany = await other.post('long', { deviceId: 'a', timestamp: times(200_001) });
    expect(outcomeOf(tooMany)).toEqual([413, 'request.too_large']);
    expect(tooMany.body.detail).toContain('200000 items');
    const stored = await other.post('long', {
      deviceId: 'a',
      timestamp: times(200_000),
      load: times(200_000),
    });
    expect(stored.body).toEqual({ uploaded: 200_000, total: 200_000 });
    const columns = await other.get('long', '?format=columns');
    expect(columns.body.load).toEqual(times(200_000));
  });

  it('are taken up to 64 MiB, counted unpacked', async () => {
    const body = gzipSync(`{"deviceId":"a","samples":[],"more":"${'x'.repeat(64 * 1024 * 1024)}"}`);
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await lifter.fetch('large', '', { method: 'POST', headers, body });
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({
      code: 'request.too_large',
      detail: expect.stringContaining('64 MiB'),
    });
  });

  it('can be read but not added to without premium', async () => {
    const other = await Lifter.in(app);
    await other.upload('set', curve(0, 10));
    await app.owner.query({
      text: `update users set subscription_status = 'free' where id = $1`,
      values: [other.account.userId],
    });
    expect(outcomeOf(await other.post('set', { deviceId: 'a', samples: [] }))).toEqual([
      403,
      'premium.required',
    ]);
    expect(await other.samples('set')).toHaveLength(10);
  });

  it('wait for their turn only so long', async () => {
    const id = randomUUID();
    const key = `metrics/${lifter.account.userId}/g:${id}`;
    await app.owner.transaction(async (tx) => {
      await tx.query({ text: 'select pg_advisory_xact_lock(hashtextextended($1, 0))', values: [key] });
      const busy = await lifter.post(id, { deviceId: 'phone', samples: curve(0, 10) });
      expect(outcomeOf(busy)).toEqual([503, 'sync.busy']);
      expect(busy.headers.get('retry-after')).toBe('1');
    });
    expect(await lifter.upload(id, curve(0, 10))).toEqual({ uploaded: 10, total: 10 });
  });
});
