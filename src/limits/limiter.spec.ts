import { Clock } from '../common/clock.js';
import { type Limit, Limiter, type Shared } from './limiter.js';

const WINDOW_MS = 60_000;
const START = 100 * WINDOW_MS;

/** What servers share, in place of PostgreSQL; can be away. */
class Table implements Shared {
  readonly rows = new Map<string, number>();
  additions = 0;
  isAway = false;

  keyOf = (limit: string, caller: string) => Buffer.from(`${limit} ${caller}`);

  async add(key: Buffer, windowStartedAt: number, count: number): Promise<number> {
    await Promise.resolve();
    this.additions++;
    if (this.isAway) throw new Error('away');
    const name = `${key.toString()} ${windowStartedAt}`;
    const total = (this.rows.get(name) ?? 0) + count;
    this.rows.set(name, total);
    return total;
  }
}

class HeldClock extends Clock {
  time = START;
  override now = () => this.time;
}

function servers(number: number, limit: Partial<Limit> = {}) {
  const table = new Table();
  const clock = new HeldClock();
  const said: string[] = [];
  const faults = {
    refused: (name: string, caller: string) => void said.push(`refused ${name} ${caller}`),
    notShared: (name: string) => void said.push(`alone ${name}`),
  };
  const whole = { name: 'sync', max: 100, windowMs: WINDOW_MS, step: 10, ...limit };
  const limiters = Array.from({ length: number }, () => new Limiter(whole, clock, table, faults));
  return { table, clock, said, limiters };
}

const count = async (verdicts: (boolean | Promise<boolean>)[]) =>
  (await Promise.all(verdicts.map((verdict) => Promise.resolve(verdict)))).filter(Boolean).length;

describe('a limit', () => {
  it('lets through exactly as many as it says where one server counts', async () => {
    const { limiters } = servers(1);
    expect(await count(Array.from({ length: 300 }, () => limiters[0].take('maria')))).toBe(100);
  });

  it.each([2, 3, 5])('lets through at most a step more for each of %d servers', async (number) => {
    const { limiters } = servers(number);
    let through = 0;
    for (let n = 0; n < 1000; n++) if (await limiters[n % number].take('maria')) through++;
    expect(through).toBeGreaterThanOrEqual(100);
    expect(through).toBeLessThan(100 + number * 10);
  });

  it('lets through as many when all come at once', async () => {
    const { limiters } = servers(2);
    const through = await count(Array.from({ length: 400 }, (_, n) => limiters[n % 2].take('maria')));
    expect(through).toBeGreaterThanOrEqual(100);
    expect(through).toBeLessThan(120);
  });

  it('says nothing to others below its step, and little above it', async () => {
    const { table, limiters } = servers(1);
    for (let n = 0; n < 9; n++) expect(limiters[0].take('maria')).toBe(true);
    expect(table.additions).toBe(0);
    for (let n = 0; n < 500; n++) await limiters[0].take('maria');
    expect(table.additions).toBe(10);
  });

  it('begins anew with each window, also with one that the clock has gone back to', async () => {
    const { clock, limiters } = servers(1);
    const all = () => count(Array.from({ length: 150 }, () => limiters[0].take('maria')));
    expect(await all()).toBe(100);
    clock.time += WINDOW_MS - 1;
    expect(await all()).toBe(0);
    expect(limiters[0].retryAfterSeconds()).toBe(1);
    clock.time += 1;
    expect(await all()).toBe(100);
    clock.time -= 10 * WINDOW_MS;
    expect(await all()).toBe(100);
  });

  it('goes on by itself while others cannot be told, asks nobody for a while, and never fails', async () => {
    const { table, clock, said, limiters } = servers(1);
    table.isAway = true;
    expect(await count(Array.from({ length: 50 }, () => limiters[0].take('maria')))).toBe(50);
    expect(table.additions).toBe(1);
    expect(await count(Array.from({ length: 100 }, () => limiters[0].take('maria')))).toBe(50);
    expect(said).toEqual(['alone sync', 'refused sync maria']);
    table.isAway = false;
    clock.time += WINDOW_MS;
    expect(await count(Array.from({ length: 300 }, () => limiters[0].take('maria')))).toBe(100);
    expect(table.additions).toBeGreaterThan(1);
  });

  it('remembers a bounded number of callers, and one it forgot is known to the others', async () => {
    const { limiters } = servers(1, { step: 1 });
    expect(await count(Array.from({ length: 150 }, () => limiters[0].take('maria')))).toBe(100);
    for (let n = 0; n < 20_000; n++) void limiters[0].take(`caller ${n}`);
    expect(limiters[0].isOver('maria')).toBe(false);
    expect(await limiters[0].take('maria')).toBe(false);
  });
});
