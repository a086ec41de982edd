import { setImmediate as nextTurn } from 'node:timers/promises';
import { CoalescedRead } from './coalesced-read.js';
import type { Sql, Statement } from './sql.js';

/** A table of squares; holds its answers back until they are let go. */
class Squares {
  /** For whom each statement was. */
  readonly owners: (readonly string[])[] = [];

  readonly sent: Statement[] = [];
  private readonly held: (() => void)[] = [];
  fault: Error | undefined;

  constructor(private readonly isHolding = false) {}

  of(owners: readonly string[]): Sql {
    this.owners.push(owners);
    return { query: (statement) => this.query(statement) };
  }

  private async query<T>(statement: Statement): Promise<T[]> {
    this.sent.push(statement);
    const { fault } = this;
    if (this.isHolding) await new Promise<void>((go) => this.held.push(go));
    if (fault) throw fault;
    const [, numbers] = statement.values as [string[], number[]];
    const rows = numbers.map((number, index) => [String(index + 1), number * number] as const);
    // In any order, and without those that are not there.
    return rows.filter(([, square]) => square < 100).toReversed() as T[];
  }

  letGo(): void {
    this.held.shift()?.();
  }
}

const OWNER = '018f0000-0000-7000-8000-000000000001';

const readsOf = (sql: Squares) =>
  new CoalescedRead<[userId: string, number: number], [number]>(sql, { name: 'squares', text: '' });

describe('reads of one moment', () => {
  it('are one statement, and each gets its own row or none', async () => {
    const sql = new Squares();
    const reads = readsOf(sql);
    const found = await Promise.all([3, 12, 5, 3].map((number) => reads.read([OWNER, number])));
    expect(found).toEqual([[9], undefined, [25], [9]]);
    expect(sql.owners).toEqual([[OWNER, OWNER, OWNER, OWNER]]);
    expect(sql.sent).toMatchObject([{ name: 'squares', values: [expect.anything(), [3, 12, 5, 3]] }]);
  });

  it('of later moments are statements of their own: nothing is kept', async () => {
    const sql = new Squares();
    const reads = readsOf(sql);
    await reads.read([OWNER, 2]);
    await reads.read([OWNER, 2]);
    expect(sql.sent).toHaveLength(2);
  });

  it('wait for the answer to those before them, and go out together then', async () => {
    const sql = new Squares(true);
    const reads = readsOf(sql);
    const first = reads.read([OWNER, 1]);
    await nextTurn();
    const second = reads.read([OWNER, 2]);
    await Promise.resolve();
    const third = reads.read([OWNER, 3]);
    sql.letGo();
    expect(await first).toEqual([1]);
    await nextTurn();
    expect(sql.sent).toMatchObject([
      { values: [[OWNER], [1]] },
      {
        values: [
          [OWNER, OWNER],
          [2, 3],
        ],
      },
    ]);
    sql.letGo();
    expect(await Promise.all([second, third])).toEqual([[4], [9]]);
  });

  it('do not wait for one that hangs', async () => {
    const sql = new Squares(true);
    const reads = readsOf(sql);
    const hanging = reads.read([OWNER, 1]);
    await nextTurn();
    const other = reads.read([OWNER, 2]);
    while (sql.sent.length < 2) await nextTurn();
    sql.letGo();
    sql.letGo();
    expect(await Promise.all([hanging, other])).toEqual([[1], [4]]);
  });

  it('fail together, and those after them do not', async () => {
    const sql = new Squares();
    const reads = readsOf(sql);
    sql.fault = new Error('gone');
    const failed = await Promise.allSettled([reads.read([OWNER, 1]), reads.read([OWNER, 2])]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    sql.fault = undefined;
    expect(await reads.read([OWNER, 2])).toEqual([4]);
  });

  it('are cut into statements that are not too long', async () => {
    const sql = new Squares();
    const reads = readsOf(sql);
    const found = await Promise.all(Array.from({ length: 300 }, (_, n) => reads.read([OWNER, n % 7])));
    expect(found).toEqual(Array.from({ length: 300 }, (_, n) => [(n % 7) ** 2]));
    expect(sql.sent.map(({ values = [[]] }) => (values[0] as number[]).length)).toEqual([128, 128, 44]);
  });
});
