import { randomUUID } from 'node:crypto';
import { type Answer, Api } from '../../support/api.js';
import { startTestApp, type TestApp } from '../../support/app.js';
import { type Account, Phone, premiumAccount, type PullAnswer } from '../../support/phone.js';

/** A moment long past, so that no clock clamps it. */
export const T = 1_765_000_000_000;

const dated = { createdAt: T, updatedAt: T };

/** The fields a first-generation phone sends, and no others. */
export const session = (clientId: string, values: object = {}) => ({
  clientId,
  serverId: null,
  timestamp: T,
  mode: 'Pump',
  targetReps: 10,
  weightPerCableKg: 20,
  ...dated,
  ...values,
});

/** A session that says of itself that it is not deleted and not rated. */
export const liveSession = (clientId: string, values: object = {}) =>
  session(clientId, { deletedAt: null, rpe: null, ...values });

export const routine = (clientId: string, values: object = {}) => ({
  clientId,
  name: 'R',
  ...dated,
  ...values,
});

export const superset = (clientId: string, routineId: string, values: object = {}) => ({
  clientId,
  routineId,
  name: 'S',
  orderIndex: 0,
  ...dated,
  ...values,
});

export const exercise = (clientId: string, routineId: string, values: object = {}) => ({
  clientId,
  routineId,
  exerciseName: 'E',
  orderIndex: 0,
  ...dated,
  ...values,
});

export const badge = (clientId: string, badgeId: string, values: object = {}) => ({
  clientId,
  badgeId,
  earnedAt: T,
  ...dated,
  ...values,
});

export const personalRecord = (clientId: string, values: object = {}) => ({
  clientId,
  exerciseId: 'e',
  exerciseName: '',
  weight: 20.1,
  reps: 5,
  oneRepMax: 25,
  achievedAt: T,
  workoutMode: 'Pump',
  ...dated,
  ...values,
});

const MEASURES = ['Kg', 'Vel', 'Watt'].flatMap((unit) => [`${unit}Avg`, `${unit}Max`]);

export const phaseStatistic = (clientId: string, sessionId: string, values: object = {}) => ({
  clientId,
  sessionId,
  ...Object.fromEntries(
    MEASURES.flatMap((name) => [`concentric${name}`, `eccentric${name}`].map((k) => [k, 1])),
  ),
  timestamp: T,
  ...dated,
  ...values,
});

/** How many records an answer brings. */
export const sizeOf = (answer: PullAnswer): number =>
  Object.values<unknown>(answer).filter(Array.isArray).flat().length + (answer.gamificationStats ? 1 : 0);

export interface Version {
  reason: string;
  content: Record<string, unknown>;
}

/** One account with as many phones as a test needs. */
export class Bench {
  account: Account;

  constructor(readonly app: TestApp) {}

  async open(): Promise<this> {
    this.account = await premiumAccount(this.app);
    return this;
  }

  phone(name: string = randomUUID()): Phone {
    return new Phone(this.app.url, this.account.token, name);
  }

  /** What a phone that never synced is given; with 1, deleted records too. */
  seen(lastSync = 0): Promise<PullAnswer> {
    return this.phone().request('pull', { lastSync });
  }

  http(method: string, path: string, body?: object): Promise<Answer> {
    return new Api(this.app.url).send(method, path, { token: this.account.token, body });
  }

  /** A body as it stands, also one that no JSON.stringify would write. */
  async postText(path: string, text: string): Promise<Pick<Answer, 'status' | 'body'>> {
    const response = await fetch(`${this.app.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.account.token}`, 'content-type': 'application/json' },
      body: text,
    });
    return { status: response.status, body: await response.json() };
  }

  restore(collection: string, id: string, version: number | string): Promise<Answer> {
    return this.http(
      'POST',
      `/api/sync/history/${collection}/${encodeURIComponent(id)}/${encodeURIComponent(version)}/restore`,
      {},
    );
  }

  /** Rows of a table that belong to the account. */
  rows<R>(table: string, columns = '*', order = '1'): Promise<R[]> {
    return this.app.owner.query<R>({
      text: `select ${columns} from ${table} where user_id = $1 order by ${order}`,
      values: [this.account.userId],
    });
  }

  /** As if the records had been stored by a server that made other hashes of them. */
  async forgetHashes(table: string): Promise<void> {
    await this.app.owner.query({
      text: `update ${table} set content_hash = gen_random_uuid(), sent_hash = gen_random_uuid() where user_id = $1`,
      values: [this.account.userId],
    });
  }

  async clock(): Promise<number> {
    const [row] = await this.rows<{ clock: string }>('sync_clock', 'clock');
    return Number(row.clock);
  }

  async history(collection: string): Promise<Version[]> {
    const all = await this.rows<Version & { collection: string }>(
      'record_versions',
      '*',
      'server_id, version',
    );
    return all.filter((version) => version.collection === collection);
  }
}

/** One server for the file, a new account for every test. */
export function benches(): () => Bench {
  let app: TestApp;
  let bench: Bench;
  beforeAll(async () => {
    app = await startTestApp({ env: { ACCOUNT_DELETION_DAYS: '0' } });
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    bench = await new Bench(app).open();
  });
  return () => bench;
}
