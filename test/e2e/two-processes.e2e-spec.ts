import { followCursors, Reader, Writer } from '../chaos/tools/cursors.js';
import { Wire } from '../chaos/tools/wire.js';
import { Witness } from '../chaos/tools/witness.js';
import { Api } from '../support/api.js';
import { testVariables } from '../support/app.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { EventReader } from '../support/events.js';
import { Owner } from '../support/owner.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { RoundRobin } from '../support/round-robin.js';
import { ServerProcess } from '../support/server-process.js';
import { DatabaseClock, hours, ProcessClock } from '../support/shifted-clock.js';

const RECORDS = 600;

/** Two programs as an operator runs them, on one database, behind a balancer that gives each every other request. */
describe('two server processes on one database', () => {
  let database: TestDatabase;
  let databaseClock: DatabaseClock;
  let owner: Owner;
  let balancer: RoundRobin;
  const processClock = new ProcessClock();
  const wire = new Wire(new Witness());
  const servers: ServerProcess[] = [];

  beforeAll(async () => {
    database = await cloneDatabase();
    databaseClock = await DatabaseClock.in(database.url, new URL(database.serverUrl).username);
    owner = new Owner(database.url);
    const variables = testVariables(database, {});
    servers.push(
      ...(await Promise.all([
        ServerProcess.start(variables),
        ServerProcess.start({ ...variables, ...processClock.env }),
      ])),
    );
    balancer = await RoundRobin.to(servers.map(({ url }) => url));
  }, 60_000);
  afterAll(async () => {
    balancer.close();
    await Promise.all(servers.map((server) => server.end('SIGTERM')));
    await databaseClock.close();
    await wire.close();
    await owner.close();
    processClock.remove();
    await database.drop();
  });
  afterEach(async () => {
    processClock.set(0);
    await databaseClock.set(0);
  });

  const account = () => premiumAccount({ url: balancer.url, owner });
  const traffic = async (midway?: () => Promise<unknown>) => {
    const { token } = await account();
    const options = { wire, token, url: () => balancer.url };
    return followCursors({
      writers: Array.from({ length: 16 }, () => new Writer(options)),
      readers: Array.from({ length: 3 }, () => new Reader(options)),
      records: RECORDS,
      perPush: 4,
      midway,
    });
  };
  const KEPT = {
    written: RECORDS,
    missed: 0,
    repeated: 0,
    invented: 0,
    backwards: 0,
    resyncs: 0,
    retries: 0,
    faults: [],
  };

  it('give every reader every record once, whichever of them it asks', async () => {
    const before = [...balancer.given];
    expect(await traffic()).toMatchObject(KEPT);
    for (const [n, count] of balancer.given.entries())
      expect(count - (before[n] ?? 0)).toBeGreaterThan(RECORDS / 16);
  });

  it.each([
    { what: 'both an hour back', ofProcess: -1, ofDatabase: -1 },
    // Tokens live for a week, by the clock of the process that reads them.
    { what: 'a day and ten years on', ofProcess: 24, ofDatabase: 10 * 365 * 24 },
  ])('go on doing so when the clocks of one of them and of the database are set $what', async (step) => {
    const outcome = await traffic(async () => {
      processClock.set(hours(step.ofProcess));
      await databaseClock.set(hours(step.ofDatabase));
    });
    expect(outcome).toMatchObject(KEPT);
  });

  /** Else the test above would say nothing. */
  it('have been told the time that was set', async () => {
    const { userId, token, email } = await account();
    processClock.set(hours(-1));
    await databaseClock.set(hours(48));
    const body = { email, password: 'correct horse battery staple' };
    const second = new Api(servers[1]?.url ?? '');
    let issuedAt = Date.now();
    for (let n = 0; n < 20 && issuedAt > Date.now() - hours(0.9); n++) {
      const { body: signedIn } = await second.post('/api/auth/login', { body });
      const [, claims = ''] = String(signedIn.token).split('.');
      issuedAt = JSON.parse(Buffer.from(claims, 'base64url').toString()).iat * 1000;
    }
    expect(issuedAt).toBeLessThan(Date.now() - hours(0.9));
    const phone = new Phone(servers[0]?.url ?? '', token, 'phone');
    const record = { clientId: userId, name: 'Legs', createdAt: 1, updatedAt: 1 };
    const { syncTime } = await phone.request('push', { routines: [record] });
    expect(syncTime).toBeGreaterThan(Date.now() + hours(47));
  });

  it('tell a device at one of what was pushed at the other', async () => {
    const { token } = await account();
    const [here, there] = servers.map(({ url }) => url) as [string, string];
    const { syncTime } = await new Phone(here, token, 'reader').request('pull', { lastSync: 0 });
    const query = { deviceId: 'reader', lastSync: String(syncTime) };
    const reader = await EventReader.open(here, token, { query });
    const record = { clientId: 'a', name: 'Legs', createdAt: 1, updatedAt: 1 };
    const pushed = await new Phone(there, token, 'writer').request('push', { routines: [record] });
    await reader.until(({ changes }) => changes.includes(pushed.syncTime));
    reader.close();
  });
});
