import { type Client, type Connection, type PoolClient, type Submittable, types } from 'pg';
import utils from 'pg/lib/utils.js';
import { inSpan, SpanKind, type SpanOptions } from '../monitoring/tracing.js';
import type { Row, Statement } from './sql.js';

/** What a statement gave: its rows, and PostgreSQL's word for what it did (`INSERT 0 1`, `COMMIT`). */
export interface BatchResult {
  rows: (Row | unknown[])[];
  command: string;
}

interface Column {
  name: string;
  parse: (text: string) => unknown;
}

/** The messages of the wire protocol that a batch sends; the driver's types know only some of them. */
interface Wire {
  parsedStatements: Record<string, string>;
  stream: { cork(): void; uncork(): void };
  on(event: 'parseComplete', listener: () => void): void;
  off(event: 'parseComplete', listener: () => void): void;
  parse(message: { text: string; name: string; types: [] }): void;
  bind(message: { statement: string; values: unknown[] }): void;
  describe(message: { type: 'P'; name: '' }): void;
  execute(message: object): void;
  sync(): void;
}

/**
 * The columns of the prepared statements of each connection. Described once: where a migration would change them PostgreSQL
 * refuses to execute the statement, and the connection is given up (database-fault.ts).
 */
const described = new WeakMap<object, Map<string, Column[]>>();

function columnsKnownTo(connection: object): Map<string, Column[]> {
  let known = described.get(connection);
  if (!known) {
    known = new Map();
    described.set(connection, known);
  }
  return known;
}

/** Connections that lead to another server connection with each transaction: what is prepared there is not there again. */
const unnamed = new WeakSet<object>();

/** Has a connection send every statement anew. For poolers in transaction mode. */
export function sendUnnamed(client: Client): void {
  unnamed.add((client as unknown as { connection: object }).connection);
}

/**
 * Statements that go to PostgreSQL in one piece and whose answers come back in one: what matters is how often the two
 * processes wake each other. Executed one after the other, each with a snapshot of its own; the first that fails keeps
 * the rest from being executed. Outside a transaction they are one. The driver's own pipeline asks for an answer after each
 * statement: with it a push of three records took a sixth more CPU.
 */
class Batch implements Submittable {
  private readonly results: BatchResult[];
  private readonly parsing: Statement[] = [];
  private columns: (Column[] | undefined)[] = [];
  private at = 0;
  private fault: Error | undefined;
  private connection: Wire | undefined;

  /** @param callback called once; the driver wraps it with its time limit. */
  constructor(
    private statements: readonly Statement[],
    public callback: (error?: Error | null, results?: BatchResult[]) => void,
  ) {
    this.results = statements.map(() => ({ rows: [], command: '' }));
  }

  /** Called by the driver when it is this batch's turn. Nothing has been sent where it returns an error. */
  submit(connection: Connection): Error | undefined {
    const wire = connection as unknown as Wire;
    let values: unknown[][];
    try {
      values = this.statements.map(({ values: sent = [] }) => sent.map((value) => utils.prepareValue(value)));
    } catch (error) {
      return error as Error;
    }
    this.connection = wire;
    if (unnamed.has(wire)) this.statements = this.statements.map((each) => ({ ...each, name: undefined }));
    wire.on('parseComplete', this.handleParseComplete);
    const known = columnsKnownTo(wire);
    wire.stream.cork();
    for (const [n, statement] of this.statements.entries()) this.send(wire, known, statement, values[n]);
    wire.sync();
    wire.stream.uncork();
    return undefined;
  }

  private send(wire: Wire, known: Map<string, Column[]>, statement: Statement, values: unknown[]): void {
    const { name = '', text } = statement;
    const prepared = name === '' ? undefined : wire.parsedStatements[name];
    if (prepared === undefined && !this.parsing.some((other) => other.name === name && name !== '')) {
      wire.parse({ text, name, types: [] });
      this.parsing.push(statement);
    }
    wire.bind({ statement: name, values });
    const columns = prepared === undefined ? undefined : known.get(name);
    this.columns.push(columns);
    if (!columns) wire.describe({ type: 'P', name: '' });
    wire.execute({});
  }

  private readonly handleParseComplete = (): void => {
    const statement = this.parsing.shift();
    if (statement?.name && this.connection) this.connection.parsedStatements[statement.name] = statement.text;
  };

  handleRowDescription({ fields }: { fields: { name: string; dataTypeID: number }[] }): void {
    this.columns[this.at] = fields.map(({ name, dataTypeID }) => ({
      name,
      parse: types.getTypeParser(dataTypeID, 'text') as (text: string) => unknown,
    }));
  }

  /** What cannot be read fails the batch, not the process. */
  handleDataRow(message: { fields: (string | null)[] }): void {
    try {
      this.addRow(message);
    } catch (error) {
      this.fault ??= error as Error;
    }
  }

  private addRow({ fields }: { fields: (string | null)[] }): void {
    const columns = this.columns[this.at] ?? [];
    const { rows } = this.results[this.at];
    if (this.statements[this.at].rowMode === 'array') {
      rows.push(fields.map((text, n) => (text === null ? null : columns[n].parse(text))));
      return;
    }
    const row: Row = {};
    for (const [n, { name, parse }] of columns.entries()) {
      const text = fields[n];
      row[name] = text === null ? null : parse(text);
    }
    rows.push(row);
  }

  handleCommandComplete({ text }: { text: string }, connection: Connection): void {
    this.results[this.at].command = text;
    const { name } = this.statements[this.at];
    if (name) columnsKnownTo(connection).set(name, this.columns[this.at] ?? []);
    this.at++;
  }

  handleReadyForQuery(): void {
    this.leave();
    if (this.fault) this.callback(this.fault);
    else this.callback(null, this.results);
  }

  /** PostgreSQL skips the rest and is ready for others then; the driver does not call `handleReadyForQuery` any more. */
  handleError(error: Error): void {
    this.leave();
    this.callback(error);
  }

  private leave(): void {
    this.connection?.off('parseComplete', this.handleParseComplete);
  }
}

/** Sends statements as one batch. Rejects with the error of the first that fails; none after it was executed then. */
export function run(client: PoolClient, statements: readonly Statement[]): Promise<BatchResult[]> {
  return inSpan(
    'postgresql',
    () => send(client, statements),
    () => spanOf(statements),
  );
}

/** What a trace may tell of a batch: the names of its statements, never their values. */
function spanOf(statements: readonly Statement[]): SpanOptions {
  const names = statements.map(({ name, text }) => name ?? text.trim().split(/\s/, 1)[0].toLowerCase());
  return {
    kind: SpanKind.CLIENT,
    attributes: {
      'db.system.name': 'postgresql',
      'db.query.summary': names.join(' '),
      'db.operation.batch.size': names.length,
    },
  };
}

function send(client: PoolClient, statements: readonly Statement[]): Promise<BatchResult[]> {
  return new Promise((resolve, reject) => {
    client.query(new Batch(statements, (error, results) => (error ? reject(error) : resolve(results ?? []))));
  });
}
