import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { WorkQueue } from '../common/work-queue.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
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
import { saveCursorGiven } from './devices.js';
import { readEnvelope, SyncPullRequest } from './envelope.js';
import { anyHeadsSql, countSql, parametersOf, recordsSql, versionsSql, type Wanted } from './pull-sql.js';

/** The answer's JSON: one text where it is small, else a stream that is never held in memory as a whole. */
export type PullAnswer = string | Readable;

/** Rows fetched at a time; an answer of no more than this is sent in one piece. */
const BATCH = 500;

interface Head {
  syncTime: number;
  hasMore: boolean;
  resync: boolean;
  epoch: number;
}

type RecordRow = [place: number, record: string];

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
 * because whatever has version ≤ the clock was committed before the clock could be read.
 */
@Injectable()
export class PullService {
  /**
   * A phone on a bad network reads slowly, and its answer keeps a connection all the while: half the pool stays free for
   * everybody else.
   */
  private readonly streams: WorkQueue;

  constructor(
    private readonly database: Database,
    private readonly states: DeviceStates,
    private readonly collections: Collections,
    env: Env,
  ) {
    this.streams = new WorkQueue(Math.ceil(env.databasePoolSize / 2), 100, 5, 20_000);
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
    const page = limit ? await this.pageOf(request, limit) : { upto: state.clock, hasMore: false };
    await this.giveCursor(request, lastSync ?? 0, page);
    return this.read(
      { ...head, syncTime: page.upto, hasMore: page.hasMore },
      { ...request, upto: page.upto },
    );
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
    const [row] = await this.database.query<{ total: number }>({
      name: 'count-pull',
      text: this.collections.text('count-pull', countSql),
      values: parametersOf({ ...request, upto: request.state.clock }),
    });
    return { state, pending: row?.total ?? 0 };
  }

  private async requestOf(userId: string, deviceId: string, presented: Presented): Promise<Request> {
    const state = await this.states.read(userId, deviceId, presented.lastSync);
    return this.judge(userId, deviceId, state, presented);
  }

  private judge(userId: string, deviceId: string, state: DeviceState, presented: Presented): Request {
    const standing = standingOf(state, presented);
    return { userId, deviceId, state, standing, exceptions: exceptionsOf(state, standing) };
  }

  /** Durable before the answer leaves: a cursor the server has forgotten would not be honoured. */
  private async giveCursor(
    { userId, deviceId, state, standing }: Request,
    lastSync: number,
    { upto, hasMore }: { upto: number; hasMore: boolean },
  ): Promise<void> {
    await saveCursorGiven(this.database, userId, deviceId, {
      cursor: upto,
      first: standing.fresh && hasMore,
      pushNumber: standing.holds ? state.pushNumber : null,
      usedCursor: lastSync !== 0 && !standing.fresh,
      clock: state.clock,
      now: state.now,
    });
  }

  /**
   * Cuts between versions only: a page holds whole versions, as many as fit, and at least one even where it alone is
   * larger than the limit.
   */
  private async pageOf(request: Request, limit: number): Promise<{ upto: number; hasMore: boolean }> {
    const { clock } = request.state;
    const versions = await this.versions(request, clock, limit + 1);
    const beyond = versions[limit];
    if (beyond === undefined) return { upto: clock, hasMore: false };
    const whole = versions.filter((version) => version < beyond).at(-1);
    if (whole !== undefined) return { upto: whole, hasMore: true };
    const after = { ...request, standing: { ...request.standing, cursor: beyond } };
    const rest = await this.versions(after, clock, 1);
    return rest.length > 0 ? { upto: beyond, hasMore: true } : { upto: clock, hasMore: false };
  }

  private async versions(request: Request, upto: number, count: number): Promise<number[]> {
    const rows = await this.database.query<{ version: number }>({
      name: 'pull-versions',
      text: this.collections.text('pull-versions', versionsSql),
      values: [...parametersOf({ ...request, upto }), count],
    });
    const { cursor } = request.standing;
    const owed = request.exceptions.owedMarks
      .filter(({ headVersion, owedVersion }) => headVersion <= cursor && (owedVersion as number) > cursor)
      .map(({ owedVersion }) => owedVersion as number);
    return [...rows.map(({ version }) => version), ...owed].toSorted((a, b) => a - b).slice(0, count);
  }

  private async read(head: Head, wanted: Wanted): Promise<PullAnswer> {
    const text = this.collections.text('pull', recordsSql);
    const values = parametersOf(wanted);
    const few = {
      name: 'pull-few',
      text: this.collections.text('pull-few', () => `select * from (${text}) r limit ${BATCH + 1}`),
      values,
    };
    // A first download is large or small: reading the first rows twice costs more than looking how many there are.
    const isLarge = wanted.standing.cursor === 0 && (await this.isLarge(wanted));
    const rows = isLarge ? [] : await this.database.query<RecordRow>({ ...few, rowMode: 'array' });
    if (!isLarge && rows.length <= BATCH) return this.answer(head, rows);
    return this.begin(this.stream(head, { text, values }));
  }

  /** Whether there may be more than a batch; what is left out because it is held or deleted is counted, too. */
  private async isLarge({ userId, upto }: Wanted): Promise<boolean> {
    const rows = await this.database.query({
      name: 'count-heads',
      text: this.collections.text('count-heads', (all) => anyHeadsSql(all, BATCH + 1)),
      values: [userId, upto],
    });
    return rows.length > BATCH;
  }

  private answer(head: Head, rows: readonly RecordRow[]): string {
    const writer = new AnswerWriter(head, this.collections);
    return writer.begin() + writer.rows(rows) + writer.end();
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
    return stream.once('close', () => void parts.return(undefined));
  }

  /** A cut connection ends the generator, and with it the transaction: nothing is held for a phone that is gone. */
  private async *stream(head: Head, statement: { text: string; values: unknown[] }): AsyncGenerator<string> {
    const leave = await this.streams.enter();
    try {
      const writer = new AnswerWriter(head, this.collections);
      let text = writer.begin();
      for await (const rows of this.database.pages<RecordRow>(statement, BATCH)) {
        yield text + writer.rows(rows);
        text = '';
      }
      yield text + writer.end();
    } finally {
      leave();
    }
  }
}

/** Puts rows that come collection by collection into the sections of an answer. Every promised key is always there. */
class AnswerWriter {
  private place = -1;
  private empty = true;

  constructor(
    private readonly head: Head,
    private readonly collections: Collections,
  ) {}

  begin(): string {
    return JSON.stringify(this.head).slice(0, -1);
  }

  rows(rows: readonly RecordRow[]): string {
    let text = '';
    for (const [place, record] of rows) {
      // The sections were promised in this order; a planner that read them otherwise must not spoil an answer.
      if (place < this.place) throw new Error('the sections of a pull came out of order');
      while (this.place < place) text += this.nextSection();
      text += this.empty ? record : `,${record}`;
      this.empty = false;
    }
    return text;
  }

  end(): string {
    let text = '';
    while (this.place < this.collections.all().length) text += this.nextSection();
    return `${text}}`;
  }

  private nextSection(): string {
    const sections = this.collections.all();
    const before = sections[this.place];
    const closing = !before ? '' : before.isSingleton ? (this.empty ? 'null' : '') : ']';
    this.place++;
    this.empty = true;
    const next = sections[this.place];
    return `${closing}${next ? `,${JSON.stringify(next.name)}:${next.isSingleton ? '' : '['}` : ''}`;
  }
}
