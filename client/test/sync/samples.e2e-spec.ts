import { randomUUID } from 'node:crypto';
import type { MetricSample } from '../../src/sync/sample-columns.js';
import { lostAnswer, offline, problem } from '../api/network.js';
import { type Account, aRecord, type Phone, Portal } from './phones.js';

let portal: Portal;
let account: Account;
let phone: Phone;
beforeAll(async () => {
  portal = await Portal.open();
});
afterAll(() => portal.close());
beforeEach(async () => {
  account = await portal.account();
  phone = await account.phone();
});

const samples = (count: number, from = 0): MetricSample[] =>
  Array.from({ length: count }, (_, i) => ({
    timestamp: 1_767_500_000_000 + (from + i) * 20,
    position: i % 400,
    velocity: i % 2 === 0 ? -0 : null,
    load: Math.fround(4.1 + i / 7),
    status: i % 3,
  }));

const newSession = async () => (await phone.manager.records.save('sessions', aRecord('sessions'))).clientId;
const uploads = () =>
  phone.network.seen.filter(({ path, method }) => method === 'POST' && path.endsWith('/metrics'));

it('uploads what was recorded once the portal has the session, and another phone sees all of it', async () => {
  const sessionId = await newSession();
  await phone.manager.recordSamples(sessionId, samples(12_000));
  expect(phone.manager.getStatus().samplesPending).toBe(1);
  await expect(phone.manager.uploadMetrics()).resolves.toBe(0);
  expect(uploads()).toEqual([]);
  const { uploaded } = await phone.manager.syncAll();
  expect(uploaded).toBe(1);
  expect(uploads()).toHaveLength(3);
  expect(phone.manager.getStatus().samplesPending).toBe(0);
  const tablet = await account.phone();
  await tablet.manager.syncAll();
  const { timestamp, load, velocity } = await tablet.manager.downloadMetrics(sessionId);
  expect(timestamp).toEqual(samples(12_000).map(({ timestamp }) => timestamp));
  expect(load.map((value) => Math.fround(value ?? 0))).toEqual(samples(12_000).map(({ load }) => load));
  expect(Object.is(velocity[0], -0)).toBe(true);
});

it('goes on with the piece whose answer was lost, and no sample is there twice', async () => {
  const sessionId = await newSession();
  await phone.manager.recordSamples(sessionId, samples(12_000));
  await phone.manager.pushChanges();
  phone.network.harm('/api/sessions', lostAnswer);
  await expect(phone.manager.uploadMetrics()).rejects.toMatchObject({ code: 'client.offline' });
  await phone.manager.uploadMetrics();
  expect(uploads()).toHaveLength(4);
  expect((await phone.manager.downloadMetrics(sessionId)).timestamp).toHaveLength(12_000);
});

it('a download is kept, asked for again without being sent again, and there without a network', async () => {
  const sessionId = await newSession();
  await phone.manager.recordSamples(sessionId, samples(100));
  await phone.manager.syncAll();
  const tablet = await account.phone();
  const first = await tablet.manager.downloadMetrics(sessionId);
  let status = 0;
  tablet.network.harm('/api/sessions', async (send) => {
    const answer = await send();
    ({ status } = answer);
    return answer;
  });
  expect(await tablet.manager.downloadMetrics(sessionId)).toEqual(first);
  expect(status).toBe(304);
  tablet.network.harm('/', offline);
  expect(await tablet.manager.downloadMetrics(sessionId)).toEqual(first);
  await phone.manager.recordSamples(sessionId, samples(50, 100));
  await phone.manager.uploadMetrics();
  expect((await tablet.manager.downloadMetrics(sessionId)).timestamp).toHaveLength(150);
});

it('shows what this phone recorded before any of it is uploaded', async () => {
  const sessionId = await newSession();
  await phone.manager.recordSamples(sessionId, samples(10));
  expect((await phone.manager.downloadMetrics(sessionId)).timestamp).toHaveLength(10);
  phone.network.harm('/', offline);
  expect((await phone.manager.downloadMetrics(sessionId)).timestamp).toHaveLength(10);
  await expect(phone.manager.downloadMetrics(randomUUID())).rejects.toMatchObject({ status: 404 });
});

it('finds them by any id of the session', async () => {
  const sessionId = await newSession();
  await phone.manager.recordSamples(sessionId.toUpperCase(), samples(10));
  await phone.manager.pushChanges();
  const serverId = (await phone.manager.records.get('sessions', sessionId))?.serverId ?? '';
  phone.network.harm('/', offline, 2);
  for (const id of [serverId, sessionId])
    expect((await phone.manager.downloadMetrics(id)).timestamp).toHaveLength(10);
  expect(await phone.manager.uploadMetrics(serverId)).toBe(1);
});

it('refuses samples that are no measurements, naming the places, and keeps none of them', async () => {
  const sessionId = await newSession();
  const bad = [...samples(3), { timestamp: 5, load: Number.NaN }, { timestamp: 1.5 }];
  await expect(phone.manager.recordSamples(sessionId, bad)).rejects.toMatchObject({
    code: 'client.invalid_samples',
    errors: [{ path: 'samples.3.load' }, { path: 'samples.4.timestamp' }],
  });
  expect(phone.manager.getStatus().samplesPending).toBe(0);
});

it('one session that fails does not stop the others; a portal that asks to wait is left alone', async () => {
  const sessions = [await newSession(), await newSession(), await newSession()];
  for (const sessionId of sessions) await phone.manager.recordSamples(sessionId, samples(10));
  await phone.manager.pushChanges();
  phone.network.harm('/api/sessions', problem(503, 'service.unavailable', { 'retry-after': '60' }));
  await expect(phone.manager.uploadMetrics()).rejects.toMatchObject({ status: 503, retryAfterMs: 60_000 });
  expect(uploads()).toHaveLength(1);
  phone.network.harm('/api/sessions', problem(500, 'internal'));
  await expect(phone.manager.uploadMetrics()).rejects.toMatchObject({ status: 500 });
  expect(uploads()).toHaveLength(4);
  expect(phone.manager.getStatus().samplesPending).toBe(1);
});

it('samples that the portal will never take do not stop those of other sessions', async () => {
  const [full, fine] = [await newSession(), await newSession()];
  await phone.manager.recordSamples(full, samples(10));
  await phone.manager.recordSamples(fine, samples(10));
  await phone.manager.pushChanges();
  phone.network.harm('/api/sessions', problem(413, 'request.too_large'));
  expect(await phone.manager.uploadMetrics()).toBe(1);
  expect(uploads()).toHaveLength(2);
  expect(await phone.manager.uploadMetrics()).toBe(0);
  expect(uploads()).toHaveLength(2);
  expect(phone.manager.getStatus()).toMatchObject({ samplesPending: 0, rejected: 1 });
  const [refused] = await phone.manager.rejectedSamples();
  expect(refused).toMatchObject({ refusal: { code: 'request.too_large' } });
  expect((await phone.manager.downloadMetrics(refused?.sessionId ?? '')).timestamp).toHaveLength(10);
  await phone.manager.dismissRejectedSamples(refused?.sessionId ?? '');
  expect(phone.manager.getStatus()).toMatchObject({ rejected: 0 });
});
