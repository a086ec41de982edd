import { type PortalEvent, portalEvents } from '../../src/api/events.js';
import type { PortalApi } from '../../src/api/portal-api.js';
import { aSession, Bench, errorOf } from './bench.js';
import { problem } from './network.js';

const push = (api: PortalApi, deviceId: string) =>
  api.push({ deviceId, platform: 'test', lastSync: 0, sessions: [aSession()] });

describe('the events of a portal', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(() => bench.close());

  it('tell of what another device has pushed, and not of its own', async () => {
    const { api } = await bench.signedIn();
    const { syncTime } = await api.pull({ deviceId: 'here', lastSync: 0 });
    const events = portalEvents(api, { deviceId: 'here', lastSync: syncTime });
    const first = events.next();
    await push(api, 'here');
    await push(api, 'there');
    const { value } = await first;
    const { syncTime: now } = await api.pull({ deviceId: 'third', lastSync: 0 });
    expect(value).toEqual({ type: 'change', syncTime: now });
    await events.return();
  });

  it('go on after a refusal that passes', async () => {
    const { api, network } = await bench.signedIn();
    network.harm('/api/sync/events', problem(503, 'server.unavailable', { 'retry-after': '0' }));
    const got: PortalEvent[] = [];
    for await (const event of portalEvents(api, { deviceId: 'here' })) {
      got.push(event);
      break;
    }
    expect(got.map(({ type }) => type)).toEqual(['change']);
  });

  it('end with the refusal that does not pass: without a sign-in, without premium', async () => {
    const { api } = bench.phone();
    expect((await errorOf(portalEvents(api).next())).code).toBe('client.signed_out');
    const { api: other, network } = await bench.signedIn();
    network.harm('/api/sync/events', problem(403, 'premium.required'));
    expect((await errorOf(portalEvents(other).next())).code).toBe('premium.required');
  });

  it('end without an error when they are no longer wanted', async () => {
    const { api } = await bench.signedIn();
    const controller = new AbortController();
    const events = portalEvents(api, { deviceId: 'here' }, { signal: controller.signal });
    await events.next();
    const next = events.next();
    controller.abort();
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it('end where an answer cannot be read while it comes', async () => {
    const { api, network } = await bench.signedIn();
    network.harm('/api/sync/events', () =>
      Promise.resolve(new Response(null, { headers: { 'content-type': 'text/event-stream' } })),
    );
    expect(await portalEvents(api).next()).toEqual({ done: true, value: undefined });
  });
});
