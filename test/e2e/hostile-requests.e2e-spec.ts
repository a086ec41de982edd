import { randomUUID } from 'node:crypto';
import { complaintAbout, HostileRequests } from '../chaos/hostile.js';
import { Sender } from '../chaos/sender.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';
import { aRoutine, aSet } from '../support/portal.js';

const REQUESTS = 2000;
const AT_ONCE = 4;

describe('hostile requests', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  /** Accounts with something in them, so that ids lead somewhere. */
  async function world(seed: number) {
    const accounts = await Promise.all([premiumAccount(app), premiumAccount(app)]);
    const ids: string[] = [randomUUID()];
    for (const { token } of accounts) {
      const phone = new Phone(app.url, token, `phone-${seed}`);
      const set = aSet();
      const { idMappings } = await phone.request('push', {
        lastSync: 0,
        sessions: [set],
        routines: [aRoutine()],
      });
      for (const mapping of Object.values(idMappings))
        ids.push(...Object.keys(mapping), ...Object.values(mapping));
    }
    return { seed, tokens: accounts.map(({ token }) => token), ids };
  }

  it(`are all answered, with JSON and never with 500 or more: ${REQUESTS} of them`, async () => {
    const requests = new HostileRequests(await world(7));
    const sender = new Sender(app.url, AT_ONCE);
    const complaints: string[] = [];
    const statuses = new Map<number, number>();
    const work = async () => {
      for (let n = 0; n < REQUESTS / AT_ONCE; n++) {
        const request = requests.next();
        const answer = await sender.send(request);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        const complaint = complaintAbout(request, answer);
        if (complaint !== null)
          complaints.push(
            `${request.method} ${request.path.slice(0, 100)}: ${complaint}\n${String(request.body?.subarray(0, 300))}`,
          );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    sender.close();
    expect(complaints).toEqual([]);
    // They get past the first check: some are even taken.
    for (const status of [200, 400, 401, 404])
      expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0]);
    expect((await fetch(`${app.url}/health/live`)).status).toBe(200);
  });

  it('are the same for the same seed', async () => {
    const some = { seed: 3, tokens: ['a.b.c'], ids: ['x'] };
    const [one, two] = [new HostileRequests(some), new HostileRequests(some)];
    for (let n = 0; n < 200; n++) expect(one.next()).toEqual(two.next());
  });
});
