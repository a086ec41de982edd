import { createHash } from 'node:crypto';
import type { Statement } from './sql.js';

/** A read whose rows somebody waits for. `statement` gives them as arrays. */
export interface Reading {
  statement: Statement;
  take: (rows: unknown[][]) => void;
}

/** Made once for each combination that comes up; there are as many as there are kinds of small pushes. */
const known = new Map<string, { name: string; text: string }>();

/** PostgreSQL tells prepared statements apart by their first 63 characters. */
function combined(
  kind: 'read' | 'write',
  statements: readonly Statement[],
  combine: (texts: string[]) => string,
): Statement {
  const key = [kind, ...statements.map(({ name }) => name)].join('+');
  let found = known.get(key);
  if (!found) {
    const digest = createHash('sha256').update(key).digest('hex').slice(0, 24);
    found = { name: `together-${digest}`, text: combine(renumbered(statements)) };
    known.set(key, found);
  }
  return { ...found, values: statements.flatMap(({ values = [] }) => values) };
}

/** The texts, with the parameters of each counted on from those before it. */
function renumbered(statements: readonly Statement[]): string[] {
  let before = 0;
  return statements.map(({ text, values = [] }) => {
    const offset = before;
    before += values.length;
    return text.replaceAll(/\$(\d+)/g, (_, number) => `$${Number(number) + offset}`);
  });
}

/**
 * Several named reads as one: what a statement costs by itself, here and in PostgreSQL, is paid once. Each is given its
 * columns in their order; numbers come as numbers, also those that the driver gives as text.
 */
export function asOneRead(readings: readonly Reading[]): Reading {
  const statements = readings.map(({ statement }) => statement);
  const together = combined('read', statements, (texts) =>
    texts
      .map((text, n) => `select ${n} as part, row_to_json(q)::text as row from (${text}) q`)
      .join(' union all '),
  );
  return {
    statement: { ...together, rowMode: 'array' },
    take: (rows) => {
      const parts: unknown[][][] = readings.map(() => []);
      for (const [part, row] of rows as [number, string][])
        parts[part].push(Object.values(JSON.parse(row) as object));
      for (const [n, reading] of readings.entries()) reading.take(parts[n]);
    },
  };
}

/**
 * Several named writes as one. All see what was there before any of them, and their order is nobody's: only for
 * statements that do not touch the same row and do not read what another one writes.
 */
export function asOneWrite(statements: readonly Statement[]): Statement {
  return combined(
    'write',
    statements,
    (texts) => `with ${texts.map((text, n) => `w${n} as (${text})`).join(', ')} select 1`,
  );
}
