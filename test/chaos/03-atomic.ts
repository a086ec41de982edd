import { randomUUID } from 'node:crypto';
import { Training } from '../bench/data/records.js';
import type { NewAccount } from '../bench/lab/accounts.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import type { Home } from './tools/cluster.js';
import { DatabaseLine, STATEMENT_FAULTS, type StatementFault } from './tools/database-line.js';
import { differences, type Dump, dumpOf, sizesOf } from './tools/dump.js';
import { until } from './tools/until.js';
import type { Heard, Wire } from './tools/wire.js';

const READY_MS = 10_000;

/** The bodies of one account: what it has before, and the push that is disturbed, which touches as much as one can. */
function bodies() {
  const training = new Training(3);
  const deviceId = randomUUID();
  const ids = Array.from({ length: 6 }, () => randomUUID());
  const [at, routineId] = [Date.now() - 100_000, randomUUID()];
  const session = (i: number, more: object = {}) => ({
    ...training.plainSession({ clientId: ids[i], at: at + i }),
    ...more,
  });
  const record = (clientId: string) => training.personalRecord({ clientId, at }, ids[0]);
  const routine = { clientId: routineId, name: 'Legs', createdAt: at, updatedAt: at };
  const badge = { clientId: '1', badgeId: 'first', earnedAt: at, createdAt: at, updatedAt: at };
  const best = record('1');
  const before = {
    deviceId,
    lastSync: 0,
    sessions: [session(0), session(1), session(2)],
    records: [best],
    routines: [routine],
    badges: [badge],
    phaseStats: [training.phaseStatistic({ clientId: ids[5], at }, ids[4])],
  };
  const later = at + 50_000;
  const disturbed = {
    deviceId,
    // An edit, a deletion, new ones, a parent somebody waits for, an alias, what is refused, counters.
    sessions: [
      session(0, { routineName: 'edited', updatedAt: later }),
      session(1, { deletedAt: later, updatedAt: later }),
      session(3),
      session(4),
      { clientId: randomUUID(), mode: 7 },
    ],
    records: [{ ...best, clientId: '2' }],
    routines: [{ ...routine, name: 'Legs and back', updatedAt: later }],
    gamificationStats: { clientId: 'stats', totalWorkouts: 3, createdAt: at, updatedAt: later },
  };
  return { before, disturbed };
}

class Bench {
  constructor(
    private readonly wire: Wire,
    private readonly url: string,
    private readonly home: Home,
    private readonly account: NewAccount,
  ) {}

  push(body: object): Promise<Heard> {
    return this.wire.post(`${this.url}/api/sync/push`, { body, token: this.account.token });
  }

  dump(): Promise<Dump> {
    return dumpOf(this.home, this.account.userId);
  }

  /** With the account as it was before; the push that follows is the one to disturb. */
  async prepare(): Promise<object> {
    const { before, disturbed } = bodies();
    const { status, body } = await this.push(before);
    if (status !== 200 || body.rejected.length > 0)
      throw new Error(`base: ${status} ${JSON.stringify(body)}`);
    return { ...disturbed, lastSync: body.syncTime };
  }
}

/** What a retry may move: which devices know of what. */
const isOfRecords = (table: string) => !table.includes('device');

/** Rows after the push, in all tables and in those of records. */
interface Sizes {
  all: string;
  records: string;
}

interface Found {
  state: 'before' | 'after' | 'BETWEEN';
  status: number;
}

/** The push with one fault, the state it left, and the same push once more. */
async function disturb(
  bench: Bench,
  line: DatabaseLine,
  [at, how]: [number, StatementFault],
  sizes: Sizes,
  checks: Checks,
): Promise<Found> {
  const what = `${how} at statement ${at}`;
  const body = await bench.prepare();
  const before = await bench.dump();
  line.arm({ at, how });
  const { status } = await bench.push(body);
  line.arm(null);
  const after = await bench.dump();
  const changed = differences(before, after);
  const isBefore = changed.length === 0;
  const state = isBefore ? 'before' : sizesOf(after) === sizes.all ? 'after' : 'BETWEEN';
  checks.check(state !== 'BETWEEN', `${what}: ${changed.join(', ')} changed, but not all`);
  // An error that PostgreSQL gives no server that is in order is a fault of the server.
  const allowed = how === 'error' ? [200, 500, 503] : [200, 503];
  checks.check(allowed.includes(status), `${what}: ${status}`);
  if (status === 200) checks.check(!isBefore, `${what}: acknowledged, and nothing there`);
  // A connection may be found broken only when it is used.
  await until('the retry', READY_MS, async () => (await bench.push(body)).status === 200);
  const retried = await bench.dump();
  const records = sizesOf(retried, isOfRecords);
  checks.check(records === sizes.records, `${what}: after the retry ${records}`);
  const again = differences(after, retried).filter(isOfRecords);
  if (!isBefore) checks.check(again.length === 0, `${what}: the retry changed ${again.join(', ')}`);
  return { state, status };
}

/** A fault at each statement of a push, in each of three ways. */
export async function allOrNothing(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const line = await DatabaseLine.to(home.url);
  scene.atEnd(() => line.close());
  const server = await scene.serve({ ...home, url: line.url }, { DATABASE_POOL_SIZE: '2' });
  const checks = new Checks();
  const accounts = await scene.accounts(home, 200);
  const next = () => new Bench(scene.wire, server.url, home, accounts.pop() as NewAccount);

  // Undisturbed twice: the first one prepares statements.
  let statements = 0;
  let sizes: Sizes = { all: '', records: '' };
  for (let i = 0; i < 2; i++) {
    const bench = next();
    const body = await bench.prepare();
    line.arm(null);
    const { status, body: answer } = await bench.push(body);
    statements = line.statements;
    const dump = await bench.dump();
    sizes = { all: sizesOf(dump), records: sizesOf(dump, isOfRecords) };
    if (status !== 200) throw new Error(`undisturbed: ${status} ${JSON.stringify(answer)}`);
    checks.check(answer.rejected.length === 1, `undisturbed: ${JSON.stringify(answer.rejected)}`);
  }
  const counts = new Map<string, number>();
  for (const how of STATEMENT_FAULTS)
    for (let at = 1; at <= statements; at++) {
      const { state, status } = await disturb(next(), line, [at, how], sizes, checks);
      const key = `${state} (${status})`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  return {
    promise: 'A failed push leaves nothing behind.',
    done:
      `a push of edits, a deletion, new records, an alias, a refused record and counters; at each of its ${statements} statements ` +
      'the line cut before it, cut after it, and an error of PostgreSQL; all rows of the account in all tables compared; then repeated',
    figure: checks.figure(
      `of ${statements * STATEMENT_FAULTS.length} faults ${[...counts].map(([key, n]) => `${n} ${key}`).join(', ')}; ` +
        'none between',
    ),
    held: checks.held,
  };
}
