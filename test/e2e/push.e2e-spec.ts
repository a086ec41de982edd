import fs from 'node:fs';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';

const fixture = (name: string) =>
  JSON.parse(fs.readFileSync(`test/fixtures/${name}.json`, 'utf8')) as Record<string, unknown> & {
    sessions: Record<string, unknown>[];
  };

describe('a push', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('takes two years of a first-generation phone, twice, as one', async () => {
    const account = await premiumAccount(app);
    const phone = new Phone(app.url, account.token, '7941c957-9c0a-480b-b497-ab3e8ffa2bdb');
    const body = fixture('first-generation-first-push');
    const first = await phone.request('push', body);
    expect(first.rejected).toEqual([]);
    expect(Object.keys(first.idMappings.sessions ?? {})).toHaveLength(body.sessions.length);
    const again = await phone.request('push', body);
    expect(again).toEqual(first);
    const pulled = await phone.request('pull', { lastSync: 0 });
    expect(pulled.sessions).toEqual([]);
    const other = new Phone(app.url, account.token, 'another');
    const all = await other.request('pull', { lastSync: 0 });
    expect(all.sessions).toHaveLength(body.sessions.length);
    expect(all.syncTime).toBe(first.syncTime);
  });

  it('gives a negative zero back as one', async () => {
    const { token } = await premiumAccount(app);
    const set = {
      timestamp: 1,
      mode: 'Pump',
      targetReps: 1,
      weightPerCableKg: 1,
      createdAt: 1,
      updatedAt: 1,
    };
    const sessions = [{ clientId: 'zero', ...set, progressionKg: 1 }];
    // As a phone prints it: JSON.stringify would drop the sign.
    const body = JSON.stringify({ deviceId: 'a', sessions }).replace(
      '"progressionKg":1',
      '"progressionKg":-0.0',
    );
    await fetch(`${app.url}/api/sync/push`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body,
    });
    const [pulled] = (await new Phone(app.url, token, 'b').request('pull', {}))['sessions'] ?? [];
    expect(Object.is(pulled?.['progressionKg'], -0)).toBe(true);
  });
});
