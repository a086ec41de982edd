/** A row as PostgreSQL gives it: names are the aliases of the select list. */
export type Row = Record<string, unknown>;

/** One statement. `name` makes it a prepared statement: the text behind one name must never vary. */
export interface Statement {
  name?: string;
  text: string;
  values?: unknown[];
  /** Rows as arrays, in the order of the select list: for large sets. */
  rowMode?: 'array';
}

/** A read whose rows somebody waits for. `statement` gives them as arrays. */
export interface Reading {
  statement: Statement;
  take: (rows: unknown[][]) => void;
}

/** Something statements can be sent to: the pool, or one transaction. Never keep it beyond the callback it came with. */
export interface Sql {
  query<T = Row>(statement: Statement): Promise<T[]>;
}
