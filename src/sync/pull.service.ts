import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import type { Row, Statement } from '../database/sql.js';
import { QueueMeters } from '../monitoring/queue-meters.js';
import { SyncMeters } from '../monitoring/sync-meters.js';
import { AnswerStreams } from './answer-streams.js';
import type { Collection } from './collection.js';
import { Collections } from './collections.js';
import {
  type DeviceState,
  DeviceStates,
  type Exceptions,
  exceptionsOf,
  type Presented,
  refuseRevoked,
  type Standing,
  standingOf,
} from './device-state.js';
import { cursorGivenStatements } from './devices.js';
import { readEnvelope, SyncPullRequest } from './envelope.js';
import { AnswerWriter, type Head, type RecordRow } from './pull-answer.js';
import {
  BATCH,
  countHeadsSql,
  owedParametersOf,
  parametersOf,
  type PullSql,
  pullSql,
  type Wanted,
} from './pull-sql.js';

/** The answer's JSON: one text where it is small, else a stream that is never held in memory as a whole. */
export type PullAnswer = string | Readable;

/** A collection that has something for the device, its place among all, and how many heads, counted up to a batch and one. */
interface Present {
  collection: Collection;
  place: number;
  count: number;
}

type PlacedStatement = Statement & { place: number };

/** Up to which version an answer goes, and whether there is more. */
interface Page {
  upto: number;
  hasMore: boolean;
}

/** Everything one device is to be asked about: by a pull, and by whoever wants to know what a pull would bring. */
interface Request {
  userId: string;
  deviceId: string;
  state: DeviceState;
  standing: Standing;
  exceptions: Exceptions;
}

/**
 * Gives a device every head it does not have. Invariant: the clock is read first, the rows later, and only those with
 * version ≤ that clock are sent. A head that changes in between leaves this answer for the next one; none is missed,
 * because whatever has version ≤ the clock was committed before the clock could be read. So the collections may be read one
 * after the other, and only those that have something.
 */
@Injectable()
export class PullService {
  private readonly streams: AnswerStreams;
  private readonly sql = new Map<Collection, PullSql>();

  constructor(
    private readonly database: Database,
    private readonly states: DeviceStates,
    private readonly collections: Collections,
    private readonly meters: SyncMeters,
    queues: QueueMeters,
    env: Env,
  ) {
    this.streams = new AnswerStreams(env.databasePoolSize);
    queues.watch('pull_streams', () => this.streams.load);
  }

  async pull(userId: string, body: unknown): Promise<PullAnswer> {
    const { deviceId, lastSync, epoch, receipt, limit } = readEnvelope(SyncPullRequest, body);
    const request = await this.requestOf(userId, deviceId, {
      lastSync: lastSync ?? 0,
      epoch: epoch ?? undefined,
      receipt: receipt ?? undefined,
    });
    const { state, standing } = request;
    refuseRevoked(state);
    const head = { syncTime: state.clock, hasMore: false, resync: standing.resync, epoch: state.epoch };
    if (!standing.resync && standing.cursor === state.clock) return this.answer(head, []);
    if (!limit) {
      const page = { upto: state.clock, hasMore: false };
      const counts = this.countHeads(request);
      // In one piece, and so in one transaction.
      const rows = await this.database
        .of(userId)
        .queryAll([...givingCursor(request, lastSync ?? 0, page), counts]);
      return this.read(head, { ...request, upto: page.upto }, this.presentIn(request, rows.at(-1)));
    }
    const present = this.presentIn(request, await this.database.of(userId).query(this.countHeads(request)));
    const page = await this.pageOf(request, limit, present);
    await this.database.of(userId).queryAll(givingCursor(request, lastSync ?? 0, page));
    const { upto, hasMore } = page;
    return this.read({ ...head, syncTime: upto, hasMore }, { ...request, upto }, present);
  }

  /** How many records the next pull with that cursor would bring. */
  async count(
    userId: string,
    deviceId: string,
    { lastSync = null, receipt }: { lastSync?: number | null; receipt?: number },
  ): Promise<{ state: DeviceState; pending: number }> {
    const state = await this.states.read(userId, deviceId, lastSync ?? -1);
    const presented = lastSync ?? state.lastCursor ?? 0;
    const request =
      presented === lastSync
        ? this.judge(userId, deviceId, state, { lastSync, receipt })
        : await this.requestOf(userId, deviceId, { lastSync: presented, receipt });
    const present = this.presentIn(request, await this.database.of(userId).query(this.countHeads(request)));
    const wanted = { ...request, upto: request.state.clock };
    const counts = await this.database.of(userId).queryAll(this.statements(wanted, present, 'count'));
    const pending = counts.reduce((sum, [row]) => sum + (row.count as number), 0);
    return { state, pending };
  }

  private async requestOf(userId: string, deviceId: string, presented: Presented): Promise<Request> {
    const state = await this.states.read(userId, deviceId, presented.lastSync);
    return this.judge(userId, deviceId, state, presented);
  }

  private judge(userId: string, deviceId: string, state: DeviceState, presented: Presented): Request {
    const standing = standingOf(state, presented);
    return { userId, deviceId, state, standing, exceptions: exceptionsOf(state, standing) };
  }

  private countHeads({ userId, state, standing }: Request): Statement {
    return {
      name: 'count-heads',
      text: this.collections.text('count-heads', countHeadsSql),
      values: [userId, standing.cursor, state.clock],
    };
  }

  /**
   * Where there is anything for this request. Later than the clock was read nothing can come to have a version up to it, so
   * this holds for every statement that follows.
   */
  private presentIn({ exceptions }: Request, counts: readonly Row[] = []): Present[] {
    const owed = new Set(exceptions.owedMarks.map(({ collection }) => collection));
    return this.collections.all().flatMap((collection, place) => {
      const count = (counts.find((row) => row.place === place)?.count ?? 0) as number;
      return count > 0 || owed.has(collection.name) ? [{ collection, place, count }] : [];
    });
  }

  /** One statement for each collection that has something to read, and one for what it is owed. */
  private statements(
    wanted: Wanted,
    present: readonly Present[],
    what: 'records' | 'count',
  ): PlacedStatement[] {
    const values = parametersOf(wanted);
    return present.flatMap(({ collection, place, count }) => {
      const { name } = collection;
      const sql = this.sqlOf(collection);
      const owed = owedParametersOf(wanted, collection);
      const texts = what === 'records' ? [sql.records, sql.owedRecords] : [sql.count, sql.owedCount];
      return [
        ...(count > 0 ? [{ place, name: `pull-${what}-${name}`, text: texts[0], values }] : []),
        ...(owed ? [{ place, name: `pull-owed-${what}-${name}`, text: texts[1], values: owed }] : []),
      ];
    });
  }

  private sqlOf(collection: Collection): PullSql {
    let sql = this.sql.get(collection);
    if (!sql) {
      sql = pullSql(collection);
      this.sql.set(collection, sql);
    }
    return sql;
  }

  /**
   * Cuts between versions only: a page holds whole versions, as many as fit, and at least one even where it alone is
   * larger than the limit.
   */
  private async pageOf(request: Request, limit: number, present: readonly Present[]): Promise<Page> {
    const { clock } = request.state;
    const versions = await this.versions(request, limit + 1, present);
    const beyond = versions[limit];
    if (beyond === undefined) return { upto: clock, hasMore: false };
    const whole = versions.filter((version) => version < beyond).at(-1);
    if (whole !== undefined) return { upto: whole, hasMore: true };
    const after = { ...request, standing: { ...request.standing, cursor: beyond } };
    const rest = await this.versions(after, 1, present);
    return rest.length > 0 ? { upto: beyond, hasMore: true } : { upto: clock, hasMore: false };
  }

  /** The first versions that a pull would bring. */
  private async versions(request: Request, count: number, present: readonly Present[]): Promise<number[]> {
    const { clock } = request.state;
    const values = [...parametersOf({ ...request, upto: clock }), count];
    const rows = await this.database.of(request.userId).queryAll(
      present.map(({ collection }) => ({
        name: `pull-versions-${collection.name}`,
        text: this.sqlOf(collection).versions,
        values,
      })),
    );
    const { cursor } = request.standing;
    const owed = request.exceptions.owedMarks
      .filter(({ headVersion, owedVersion }) => headVersion <= cursor && (owedVersion as number) > cursor)
      .map(({ owedVersion }) => owedVersion as number);
    const own = rows.flat().map(({ version }) => Number(version));
    return [...own, ...owed].toSorted((a, b) => a - b).slice(0, count);
  }

  private async read(head: Head, wanted: Wanted, present: readonly Present[]): Promise<PullAnswer> {
    const statements = this.statements(wanted, present, 'records');
    const most = present.reduce((sum, { count }) => sum + count, wanted.exceptions.owedMarks.length);
    if (most > BATCH) return this.begin(this.stream(head, wanted.userId, statements));
    const found = await this.database.of(wanted.userId).queryAll(statements);
    const rows = found.flatMap((records, n) =>
      records.map(({ record }): RecordRow => [statements[n].place, record as string]),
    );
    return this.answer(head, rows);
  }

  private answer(head: Head, rows: readonly RecordRow[]): string {
    const writer = new AnswerWriter(head, this.collections);
    const text = writer.begin() + writer.rows(rows) + writer.end();
    this.meters.pulled(rows.length, Buffer.byteLength(text));
    return text;
  }

  /**
   * Takes the connection before the answer begins, while it can still be refused; and gives it back whenever the answer
   * ends, even one that nobody began to read.
   */
  private async begin(parts: AsyncGenerator<string>): Promise<Readable> {
    const first = await parts.next();
    const rest = async function* () {
      yield String(first.value);
      yield* parts;
    };
    const stream = Readable.from(rest(), { objectMode: false });
    return this.streams.bound(stream).once('close', () => void parts.return(undefined));
  }

  /** A cut connection ends the generator, and with it the transaction: nothing is held for a phone that is gone. */
  private async *stream(
    head: Head,
    userId: string,
    statements: readonly PlacedStatement[],
  ): AsyncGenerator<string> {
    const leave = await this.streams.enter(userId);
    try {
      const writer = new AnswerWriter(head, this.collections);
      const sql = this.database.of(userId);
      let text = writer.begin();
      let [records, bytes] = [0, 0];
      for await (const [n, rows] of sql.pages<[record: string]>(statements, BATCH)) {
        const { place } = statements[n];
        text += writer.rows(rows.map(([record]): RecordRow => [place, record]));
        records += rows.length;
        bytes += Buffer.byteLength(text);
        yield text;
        text = '';
      }
      text += writer.end();
      this.meters.pulled(records, bytes + Buffer.byteLength(text));
      yield text;
    } finally {
      leave();
    }
  }
}

/** Durable before the answer leaves: a cursor the server has forgotten would not be honoured. */
function givingCursor(
  { userId, deviceId, state, standing }: Request,
  lastSync: number,
  { upto, hasMore }: Page,
): Statement[] {
  return cursorGivenStatements(userId, deviceId, {
    cursor: upto,
    first: standing.fresh && hasMore,
    pushNumber: standing.holds ? state.pushNumber : null,
    usedCursor: lastSync !== 0 && !standing.fresh,
    clock: state.clock,
    now: state.now,
  });
}
