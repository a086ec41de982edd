import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startTestApp, type TestApp } from '../support/app.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { premiumAccount, type Account, Phone } from '../support/phone.js';
import { aSet } from '../support/portal.js';

const RETRY_MS = 20;
const PHONES = 3;
/** What a phone repeats: a server that closes, a connection that was refused or cut. */
const REPEATABLE = new Set([0, 503]);

/** A phone that pushes without end to whichever server is next, and repeats what was not answered. */
class PushingPhone {
  readonly acknowledged: string[] = [];
  readonly others: number[] = [];
  repeated = 0;

  constructor(
    private readonly account: Account,
    private readonly nextUrl: () => string,
  ) {}

  async run(stop: AbortSignal): Promise<void> {
    const deviceId = randomUUID();
    while (!stop.aborted) {
      const sessions = [aSet(), aSet()];
      while (!(await this.push(deviceId, sessions))) {
        this.repeated++;
        await pause(RETRY_MS);
      }
      this.acknowledged.push(...sessions.map(({ clientId }) => clientId));
    }
  }

  private async push(deviceId: string, sessions: object[]): Promise<boolean> {
    const phone = new Phone(this.nextUrl(), this.account.token, deviceId);
    const status = await phone.send('/api/sync/push', { sessions }).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status !== 200 && !REPEATABLE.has(status)) this.others.push(status);
    return status === 200;
  }
}

describe('two servers on one database, replaced one after the other while phones push', () => {
  let database: TestDatabase;
  let servers: TestApp[];
  beforeAll(async () => {
    database = await cloneDatabase();
    servers = [await startTestApp({ database }), await startTestApp({ database })];
  });
  afterAll(async () => {
    for (const server of servers) await server.close();
    await database.drop();
  });

  it('lose nothing, and no phone meets a failure that a repetition does not mend', async () => {
    const account = await premiumAccount(servers[0]);
    let turn = 0;
    // Also those that have just been told to end: as with a proxy that has not noticed yet.
    const nextUrl = () => servers[turn++ % servers.length].url;
    const phones = Array.from({ length: PHONES }, () => new PushingPhone(account, nextUrl));
    const stop = new AbortController();
    const work = phones.map((phone) => phone.run(stop.signal));
    // However slow the machine: much is pushed before, between and after.
    const reach = async (count: number) => {
      while (phones.flatMap((phone) => phone.acknowledged).length <= count) await pause(RETRY_MS);
    };
    for (let round = 0; round < 2; round++) {
      await reach(10 * round);
      const fresh = await startTestApp({ database });
      const old = servers[0];
      const closed = old.close();
      await pause(RETRY_MS);
      servers = [servers[1], fresh];
      await closed;
    }
    await reach(20);
    stop.abort();
    await Promise.all(work);

    const { sessions } = await new Phone(servers[0].url, account.token, 'reader').request('pull', {});
    const acknowledged = phones.flatMap((phone) => phone.acknowledged);
    expect(acknowledged.length).toBeGreaterThan(20);
    expect(phones.flatMap(({ others }) => others)).toEqual([]);
    expect(sessions.map(({ clientId }) => clientId).toSorted()).toEqual(acknowledged.toSorted());
  });
});
