import fs from 'node:fs';
import path from 'node:path';
import { newEmail, PASSWORD } from '../../../test/support/api.js';
import { curve } from '../../../test/support/samples.js';
import type { PortalApi } from '../../src/api/portal-api.js';
import { aSession, Bench, errorOf } from './bench.js';

interface Operation {
  method: string;
  path: string;
  matches: (sent: { method: string; path: string }) => boolean;
}

/**
 * What other servers and operators speak to, with keys that no client has; and the import, whose file of up to a gigabyte a
 * page sends by itself.
 */
const NOT_FOR_CLIENTS = /^\/(metrics$|api\/(admin|billing)\/|api\/account\/import$)/;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function documented(): Operation[] {
  const file = path.resolve(__dirname, '../../../docs/openapi.json');
  const { paths } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const forClients = Object.entries(paths).filter(([url]) => !NOT_FOR_CLIENTS.test(url));
  return forClients.flatMap(([url, item]) =>
    METHODS.filter((method) => method in item).map((name) => {
      const pattern = new RegExp(`^${url.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
      const method = name.toUpperCase();
      return { method, path: url, matches: (sent) => sent.method === method && pattern.test(sent.path) };
    }),
  );
}

/** The fixed path wins over one with a parameter, as the server has it. */
const operationOf = (sent: { method: string; path: string }, operations: Operation[]) =>
  operations.find((operation) => operation.method === sent.method && operation.path === sent.path) ??
  operations.find((operation) => operation.matches(sent));

describe('PortalApi', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await Bench.open();
  });
  afterAll(() => bench.close());

  it('calls every endpoint of the OpenAPI document, and the server answers each', async () => {
    const { api, network } = await bench.signedIn();
    const deviceId = 'phone-1';
    const session = aSession({ clientId: 'set 1/ä' });
    const routine = { clientId: 'legs', name: 'Legs', createdAt: 1, updatedAt: 1 };
    const from = { deviceId, platform: 'android', deviceName: 'Pixel' };
    /** In an order that works. Every method is here, or this does not compile. */
    const calls: { [Name in keyof PortalApi]: () => Promise<unknown> } = {
      push: async () => {
        await api.push({ ...from, sessions: [session], routines: [routine] });
        return api.push({ ...from, sessions: [{ ...session, rpe: 8, updatedAt: session.updatedAt + 1 }] });
      },
      pull: () => api.pull({ deviceId, lastSync: 0, limit: 1 }),
      syncStatus: () => api.syncStatus({ deviceId, lastSync: 1 }),
      digest: () => api.digest({ collection: 'sessions' }),
      openEvents: async () => {
        const { body } = await api.openEvents({ deviceId });
        await body?.cancel();
      },
      openExport: async () => {
        const { body } = await api.openExport();
        await body?.cancel();
      },
      limits: () => api.limits(),
      history: () => api.history('sessions', session.clientId),
      restoreVersion: () => api.restoreVersion({ collection: 'sessions', id: session.clientId, version: 1 }),
      rejected: () => api.rejected({ limit: 5 }),
      devices: () => api.devices(),
      renameDevice: () => api.renameDevice(deviceId, 'Pixel 9'),
      revokeDevice: () => api.revokeDevice(deviceId),
      allowDevice: () => api.allowDevice(deviceId),
      sessions: () => api.sessions({ limit: 5, mode: 'Old School' }),
      session: () => api.session(session.clientId),
      workouts: () => api.workouts({ limit: 5 }),
      bestRecords: () => api.bestRecords(),
      recordHistory: () => api.recordHistory({ deleted: true }),
      totals: () => api.totals({ timeZone: 'Europe/Berlin' }),
      totalsByExercise: () => api.totalsByExercise(),
      routines: () => api.routines(),
      routine: () => api.routine('legs'),
      customExercises: () => api.customExercises(),
      badges: () => api.badges(),
      stats: () => api.stats(),
      uploadMetrics: () => api.uploadMetrics(session.clientId, { deviceId, samples: curve(0, 10) }),
      downloadMetrics: () => api.downloadMetrics(session.clientId),
      downloadMetricsParquet: () => api.downloadMetricsParquet(session.clientId),
      live: () => api.live(),
      ready: () => api.ready(),
      me: () => api.me(),
      updateProfile: () => api.updateProfile({ displayName: 'Maria' }),
      changePassword: () => api.changePassword({ currentPassword: PASSWORD, newPassword: `${PASSWORD}!` }),
      logOut: async () => {
        await api.logOut();
        await api.signUp({ email: newEmail(), password: PASSWORD });
      },
      deleteAccount: () => api.deleteAccount({ password: PASSWORD }),
      undelete: () => errorOf(api.undelete({ email: newEmail(), password: PASSWORD })),
      // The server of this test has no mail server.
      askForConfirmation: async () => {
        await api.signUp({ email: newEmail(), password: PASSWORD });
        return errorOf(api.askForConfirmation());
      },
      confirmEmail: () => errorOf(api.confirmEmail({ token: 'x' })),
      forgotPassword: () => errorOf(api.forgotPassword({ email: newEmail() })),
      resetPassword: () => errorOf(api.resetPassword({ token: 'x', newPassword: `${PASSWORD}!` })),
      accountId: () => api.accountId(),
      forgetTokens: () => api.forgetTokens(),
      signUp: () => api.signUp({ email: 'once@example.org', password: PASSWORD }),
      logIn: () => api.logIn({ email: 'ONCE@example.org', password: PASSWORD }),
    };
    for (const call of Object.values(calls)) await call();
    bench.clock.advance(7 * 86_400_000);
    await api.me();

    const operations = documented();
    const called = new Set(network.seen.map((sent) => operationOf(sent, operations)));
    const missing = operations.filter((operation) => !called.has(operation));
    expect(missing.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    expect(called.has(undefined)).toBe(false);
  });

  it('tells whose account it is without asking the server', async () => {
    const { api, network } = await bench.signedIn();
    const { id } = await api.me();
    const sent = network.seen.length;
    expect(await api.accountId()).toBe(id);
    await api.forgetTokens();
    expect(await api.accountId()).toBeNull();
    expect(network.seen).toHaveLength(sent);
  });

  it('gives what the server sent', async () => {
    const { api, email } = await bench.signedIn();
    expect(await api.updateProfile({ displayName: 'Maria' })).toMatchObject({ email, displayName: 'Maria' });
    const session = aSession();
    const { idMappings } = await api.push({ deviceId: 'phone', sessions: [session] });
    const { sessions } = await api.pull({ deviceId: 'tablet' });
    expect(sessions).toMatchObject([{ ...session, serverId: idMappings.sessions?.[session.clientId] }]);
    expect((await api.renameDevice('phone', 'My phone')).deviceName).toBe('My phone');
    expect((await api.revokeDevice('phone')).revokedAt).toEqual(expect.any(Number));
    const refused = await errorOf(api.push({ deviceId: 'phone' }));
    expect([refused.code, refused.status]).toEqual(['sync.device_revoked', 403]);
    expect((await api.allowDevice('phone')).revokedAt).toBeNull();
  });

  it('works below a path, with or without a slash at its end', async () => {
    for (const baseUrl of [bench.app.url, `${bench.app.url}/`]) {
      const { api } = await bench.signedIn({ baseUrl });
      expect(await api.live()).toEqual({ status: 'ok' });
      expect((await api.sessions()).items).toEqual([]);
    }
  });

  describe('downloads samples', () => {
    const sessionId = 'set with / and ä';

    it('as columns, and only once while they do not change', async () => {
      const { api, network } = await bench.signedIn();
      const upload = { deviceId: 'phone', timestamp: [1000, 1020], load: [4.5, null], position: [-0, 0.1] };
      expect(await api.uploadMetrics(sessionId, upload)).toEqual({ uploaded: 2, total: 2 });
      const first = await api.downloadMetrics(sessionId);
      expect(first.columns).toMatchObject({ sessionId, timestamp: [1000, 1020], load: [4.5, null] });
      expect(Object.is(first.columns?.position[0], -0)).toBe(true);
      const etag = first.etag as string;
      expect(await api.downloadMetrics(sessionId, { etag })).toEqual({ etag, columns: null });
      await api.uploadMetrics(sessionId, { deviceId: 'phone', timestamp: [1040] });
      const later = await api.downloadMetrics(sessionId, { etag });
      expect(later.columns?.timestamp).toEqual([1000, 1020, 1040]);
      expect(later.etag).not.toBe(etag);
      const part = await api.downloadMetrics(sessionId, { from: 1020, to: 1040, etag });
      expect(part.columns?.timestamp).toEqual([1020]);
      expect(network.requests(`/api/sessions/${encodeURIComponent(sessionId)}/metrics`)).toHaveLength(6);
    });

    it('as Parquet, byte for byte', async () => {
      const { api } = await bench.signedIn();
      await api.uploadMetrics(sessionId, { deviceId: 'phone', samples: curve(0, 200) });
      const file = await api.downloadMetricsParquet(sessionId);
      expect(Buffer.from(file.subarray(0, 4)).toString()).toBe('PAR1');
      expect(Buffer.from(file.subarray(-4)).toString()).toBe('PAR1');
    });

    it('not at all where there are none', async () => {
      const { api } = await bench.signedIn();
      for (const call of [api.downloadMetrics('nothing'), api.downloadMetricsParquet('nothing')])
        expect(await errorOf(call)).toMatchObject({ code: 'record.unknown', status: 404 });
    });
  });
});
