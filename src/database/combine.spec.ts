import { asOneRead, asOneWrite, type Reading } from './combine.js';

const reading = (name: string, text: string, values: unknown[]): Reading & { rows: unknown[][] } => {
  const made = {
    rows: [] as unknown[][],
    statement: { name, text, values },
    take: (rows: unknown[][]) => {
      made.rows = rows;
    },
  };
  return made;
};

describe('several statements as one', () => {
  const a = reading('a', 'select x, y from a where id = $1 and z = $2', [1, 2]);
  const b = reading('b', 'select $1::int as n', [3]);

  it('count their parameters on', () => {
    const { text, values } = asOneRead([a, b]).statement;
    expect(text).toContain('id = $1 and z = $2');
    expect(text).toContain('select $3::int as n');
    expect(values).toEqual([1, 2, 3]);
  });

  it('have one name for one text, short enough to tell prepared statements apart', () => {
    const one = asOneRead([a, b]).statement;
    expect(asOneRead([a, b]).statement).toEqual(one);
    expect(asOneRead([b, a]).statement.name).not.toBe(one.name);
    expect(one.name?.length).toBeLessThan(63);
    expect(asOneWrite([a.statement, b.statement]).name).not.toBe(one.name);
  });

  it('give each reading its rows, as arrays in the order of its columns', () => {
    const { take } = asOneRead([a, b]);
    take([
      [0, '{"x":1,"y":"one"}'],
      [1, '{"n":3}'],
      [0, '{"x":2,"y":null}'],
    ]);
    expect(a.rows).toEqual([
      [1, 'one'],
      [2, null],
    ]);
    expect(b.rows).toEqual([[3]]);
    take([]);
    expect(a.rows).toEqual([]);
  });

  it('write what none of them reads', () => {
    const { text, values } = asOneWrite([
      { name: 'w1', text: 'insert into a values ($1)', values: [1] },
      { name: 'w2', text: 'update b set c = $2 where id = $1', values: [2, 3] },
    ]);
    expect(text).toBe(
      'with w0 as (insert into a values ($1)), w1 as (update b set c = $3 where id = $2) select 1',
    );
    expect(values).toEqual([1, 2, 3]);
  });
});
