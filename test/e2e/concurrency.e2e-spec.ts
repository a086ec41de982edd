import { randomUUID } from 'node:crypto';
import { startTestApp, type TestApp } from '../support/app.js';
import { type Account, Phone, premiumAccount, type WireRecord } from '../support/phone.js';

const T = 1_765_000_000_000;
const WRITERS = 12;
const PUSHES = 15;

const routine = (): WireRecord => ({ clientId: randomUUID(), name: 'Legs', createdAt: T, updatedAt: T });

/** Two server processes' worth of application on one database: what orders pushes is PostgreSQL, not this process. */
describe('pushes of one account at once, through two servers', () => {
  let first: TestApp;
  let second: TestApp;
  let account: Account;

  beforeAll(async () => {
    first = await startTestApp();
    second = await startTestApp({ database: first.database });
    account = await premiumAccount(first);
  });
  afterAll(async () => {
    await second.close();
    await first.close();
  });

  const phone = (n: number, name: string) =>
    new Phone((n % 2 === 0 ? first : second).url, account.token, name);

  it('a reader that follows its cursor misses nothing and gets nothing twice', async () => {
    const written = new Set<string>();
    const clocks = new Set<number>();
    let writing = true;
    const writers = Promise.all(
      Array.from({ length: WRITERS }, async (_, n) => {
        const writer = phone(n, `writer ${n}`);
        for (let i = 0; i < PUSHES; i++) {
          const record = routine();
          const { idMappings } = await writer.request('push', { routines: [record] });
          written.add(idMappings['routines']?.[record.clientId] ?? 'none');
        }
      }),
    ).finally(() => {
      writing = false;
    });
    const got: string[] = [];
    let lastSync = 0;
    for (let n = 0, again = true; again; n++) {
      again = writing;
      const answer = await phone(n, 'reader').request('pull', { lastSync });
      expect(answer.resync).toBe(false);
      expect(answer.syncTime).toBeGreaterThanOrEqual(lastSync);
      lastSync = answer.syncTime;
      clocks.add(lastSync);
      got.push(...(answer['routines'] ?? []).map(({ serverId }) => String(serverId)));
    }
    await writers;
    expect(new Set(got)).toEqual(written);
    expect(got).toHaveLength(WRITERS * PUSHES);
  });

  it('the same push sent to both at once is one', async () => {
    const body = { routines: Array.from({ length: 20 }, routine), lastSync: 0 };
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => phone(n, 'same').request('push', body)),
    );
    expect(new Set(answers.map(({ idMappings }) => JSON.stringify(idMappings))).size).toBe(1);
    expect(new Set(answers.map(({ syncTime }) => syncTime)).size).toBe(1);
  });
});
