import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { RECORD_CODES } from '../common/compile-validator.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import { QueueMeters } from '../monitoring/queue-meters.js';
import { type PushOutcome, SyncMeters } from '../monitoring/sync-meters.js';
import { inSpan } from '../monitoring/tracing.js';
import { Changes } from './changes.js';
import { clockLock, clockStatements } from './clock-statements.js';
import { Collections } from './collections.js';
import {
  cursorOf,
  DeviceStates,
  exceptionsOf,
  type Mark,
  refuseRevoked,
  standingOf,
  type Versions,
} from './device-state.js';
import { readEnvelope, SyncPushRequest } from './envelope.js';
import { firstUnheld, type Holding, holdingAfter, markStatements } from './holding.js';
import { keyStatements } from './key-changes.js';
import type { Plan, PushContext } from './plan.js';
import { Planner } from './planner.js';
import { type Pusher, remember } from './pusher.js';
import { mappingsOf, type PushResult, rejectedOf, toldStatement } from './push-answer.js';
import { outcomeOf } from './push-outcome.js';
import { QuarantineService, type Rejected } from './quarantine.service.js';
import { readSections, type Sections } from './read-sections.js';
import {
  findReleased,
  headStatements,
  putAwayStatements,
  lossStatements,
  type Released,
  releaseStatements,
  SLICE,
} from './store.js';
import { refreshStatistics } from './statistics.js';
import { UserTurns } from './user-turns.js';
import { assignVersions, markOf, mergedMarks, type Owed, owedOf, type Versioned } from './versions.js';
import { Writes } from './writes.js';

/**
 * The one writer of synced tables. Invariants: the user's clock row is locked before anything is read and held to
 * commit; every statement after the lock takes a new snapshot (READ COMMITTED), so it sees all that the lock waited
 * for; what is not changed is not written. The number of statements depends on the number of collections in the push,
 * never on the number of records.
 */
@Injectable()
export class PushService implements OnApplicationBootstrap {
  private readonly turns = new UserTurns();
  private readonly logger = new Logger(PushService.name);

  constructor(
    private readonly database: Database,
    private readonly states: DeviceStates,
    private readonly collections: Collections,
    private readonly quarantine: QuarantineService,
    private readonly changes: Changes,
    private readonly meters: SyncMeters,
    queues: QueueMeters,
  ) {
    queues.watch('user_turns', () => this.turns.load);
  }

  /** When every feature has brought its collections. */
  onApplicationBootstrap(): void {
    const names = this.collections.all().map(({ name }) => name);
    this.meters.expect(names, RECORD_CODES);
  }

  /**
   * Stores what a device sends; bad records are listed in the answer, the rest commits.
   * @throws AppError request.invalid, sync.device_revoked; a lock that is not free in time surfaces as sync.busy.
   */
  async push(userId: string, body: unknown): Promise<PushResult> {
    const { result } = await this.pushAs('cursor', userId, body);
    return result;
  }

  /** An edit by the account's owner that knows every head: it wins, and reaches every device. */
  async pushOwnersEdit(
    userId: string,
    body: { deviceId: string; [section: string]: unknown },
  ): Promise<PushResult> {
    const { result } = await this.pushAs('everything', userId, body);
    return result;
  }

  /**
   * What was refused when a device sent it. No head counts as seen: edit times decide, no later than each record was
   * received. The device is sent what comes of it.
   */
  async pushLate(
    userId: string,
    body: { deviceId: string; [section: string]: unknown },
    receivedAt: ReadonlyMap<unknown, number>,
  ): Promise<PushResult> {
    const { result } = await this.pushAs('nothing', userId, body, receivedAt);
    return result;
  }

  /** Records of an export, told as late as those; what is refused is the caller's to keep. Says what became of each. */
  pushImport(
    userId: string,
    body: { deviceId: string; [section: string]: unknown },
  ): Promise<Pick<Pushed, 'result' | 'plans'>> {
    return this.pushAs('nothing', userId, body);
  }

  private async pushAs(
    knows: PushContext['knows'],
    userId: string,
    body: unknown,
    receivedAt?: PushContext['receivedAt'],
  ): Promise<Pushed> {
    const request = readEnvelope(SyncPushRequest, body);
    const sections = await inSpan('push read', () =>
      readSections(this.collections, body as Record<string, unknown>, request.deviceId),
    );
    return this.inTurn(userId, request, () =>
      this.transact(userId, request, sections, { knows, receivedAt }),
    );
  }

  private async transact(
    userId: string,
    request: SyncPushRequest,
    sections: Sections,
    sender: Pick<PushContext, 'knows' | 'receivedAt'>,
  ): Promise<Pushed> {
    return this.database.of(userId).transaction({ mode: 'write' }, async (tx) => {
      const presented = {
        lastSync: cursorOf(request.lastSync ?? 0),
        epoch: request.epoch ?? undefined,
        receipt: request.receipt ?? undefined,
      };
      const planner = new Planner(this.collections, sections.sents);
      const reading = this.states.reading(userId, request.deviceId, presented.lastSync);
      // In one piece and in this order.
      await tx.take([clockLock(userId), reading, ...planner.readings(userId)]);
      const { state } = reading;
      refuseRevoked(state);
      const standing = standingOf(state, presented);
      const context: PushContext = {
        userId,
        deviceId: request.deviceId,
        now: state.now,
        standing,
        owed: new Map(exceptionsOf(state, standing).owedMarks.map((mark) => [mark.serverId, mark])),
        ownVersions: state.pushCursor === presented.lastSync ? state.held : null,
        ...sender,
      };
      const plans = await inSpan('push plan', () => planner.plan(tx, context));
      const pusher = { context, state, request, lastSync: presented.lastSync, waiting: planner.waiting };
      return {
        ...(await inSpan('push commit', () => this.commit(tx, pusher, plans, sections.rejected))),
        plans,
      };
    });
  }

  /** What is committed is answered as such, whatever becomes of the planner's picture of the tables. */
  private async inTurn(
    userId: string,
    { deviceId }: SyncPushRequest,
    transact: () => Promise<Pushed>,
  ): Promise<Pushed> {
    const pushed = await this.turns.run(userId, transact);
    const { plans, outcome, movedTo } = pushed;
    if (movedTo !== null) this.changes.tell({ userId, deviceId, clock: movedTo });
    this.meters.pushed(outcome);
    const sizes = plans.map(({ collection, changes }) => ({
      table: collection.sql.table,
      rows: changes.length,
    }));
    await refreshStatistics(this.database, sizes).catch((error: unknown) =>
      this.logger.warn(error, { userId }),
    );
    return pushed;
  }

  private async commit(
    tx: Transaction,
    pusher: Pusher,
    plans: readonly Plan[],
    refusedEarly: readonly Rejected[],
  ): Promise<Omit<Pushed, 'plans'>> {
    const { context, state, request, waiting } = pusher;
    const { userId } = context;
    const released = await findReleased(tx, userId, { collections: this.collections, waiting }, plans);
    const owed = owedOf(plans, context.standing, state.marks);
    const versions = assignVersions(
      state,
      plans,
      released,
      owed.some(({ later }) => later),
    );
    const writes = new Writes(tx);
    const numbers = this.store(writes, context, plans, released, versions);
    const { syncTime, receipt } =
      context.knows === 'cursor'
        ? await this.tellDevice(writes, pusher, plans, { numbers, owed, versions })
        : { syncTime: versions.clock, receipt: 0 };
    const rejected = [...refusedEarly, ...plans.flatMap(rejectedOf)];
    // What is told late is in the quarantine already.
    if (context.knows !== 'nothing') writes.add(this.quarantine.keeping(context, rejected));
    const told = plans.flatMap((plan) => {
      const statement = toldStatement(context, plan, typeof request.receipt === 'number');
      return statement ? [{ collection: plan.collection.name, statement }] : [];
    });
    const read = await writes.commitAndRead(told.map(({ statement }) => statement));
    const result = {
      syncTime,
      epoch: state.epoch,
      idMappings: mappingsOf(this.collections, plans),
      receipt,
      rejected,
      superseded: told.flatMap(({ collection }, n) =>
        read[n].map(({ record }) => ({ collection, record: record as string })),
      ),
    };
    return {
      result,
      outcome: outcomeOf(plans, rejected, versions, state.now),
      movedTo: versions.moved ? versions.clock : null,
    };
  }

  /** Writes keys, heads, history, released children and the clock; tells the version of every changed head. */
  private store(
    writes: Writes,
    context: PushContext,
    plans: readonly Plan[],
    released: readonly Released[],
    versions: Versioned,
  ): Map<string, number> {
    const numbers = new Map<string, number>();
    for (const { collection, keys, changes } of plans) {
      writes.add(keyStatements(context, collection.name, keys));
      const stored = changes.map((change) => {
        const version = (versions.heads as Versions).from + Math.floor(numbers.size / SLICE);
        numbers.set(change.target.serverId, version);
        return { ...change, version };
      });
      writes.add(putAwayStatements(context, collection, stored));
      writes.add(headStatements(context, collection, stored));
    }
    writes.add(lossStatements(context, plans));
    if (versions.released) {
      const ids = [...new Set(released.map(({ serverId }) => serverId))];
      const { from } = versions.released;
      const versionOf = new Map(ids.map((id, n) => [id, from + Math.floor(n / SLICE)]));
      writes.add(releaseStatements(context.userId, released, versionOf));
    }
    writes.add(clockStatements(context.userId, versions));
    return numbers;
  }

  /** Works out and writes down what the device holds and is owed; gives it its cursor. */
  private async tellDevice(
    writes: Writes,
    pusher: Pusher,
    plans: readonly Plan[],
    {
      numbers,
      owed,
      versions,
    }: { numbers: ReadonlyMap<string, number>; owed: readonly Owed[]; versions: Versioned },
  ): Promise<{ syncTime: number; receipt: number }> {
    const { context, state } = pusher;
    const { userId, deviceId, standing } = context;
    const marks = [...mergedMarks(plans, numbers), ...owed.map((entry) => markOf(entry, versions))];
    const holding = await holdingAfter(
      writes,
      userId,
      this.collections,
      plans,
      { ...pusher, standing },
      { versions: versions.heads, before: state.clock },
    );
    writes.add(
      markStatements(userId, deviceId, {
        dropHeld: holding.changed && state.marks.some(({ owedVersion }) => owedVersion === null),
        delivered: standing.cursor,
        marks: [...marks, ...(holding.changed ? holding.marks : [])],
      }),
    );
    const syncTime = await this.safeCursor(writes, pusher, versions, holding, marks);
    remember(writes, pusher, {
      syncTime,
      holding,
      versions,
      wrote: numbers.size > 0 || marks.length > 0 || plans.some(({ losses }) => losses.length > 0),
      // It sent what another device wrote (it was restored from a file, say): a tombstone of that is news to it.
      holdsOthers: plans.some(({ equals }) =>
        equals.some(({ target }) => target.head?.deviceId !== deviceId),
      ),
    });
    return { syncTime, receipt: holding.pushNumber };
  }

  /** The clock, if the device holds everything up to it; else just below the first version it does not hold. */
  private async safeCursor(
    sql: Sql,
    { context, state }: Pusher,
    versions: Versioned,
    holding: Holding,
    owed: readonly Mark[],
  ): Promise<number> {
    const { cursor } = context.standing;
    const first = await firstUnheld(sql, this.collections, {
      userId: context.userId,
      after: cursor,
      before: state.clock,
      held: holding.held,
      marked: holding.marks.map(({ serverId }) => serverId),
    });
    const owedVersions = [...state.marks, ...owed].map(({ owedVersion }) => owedVersion);
    const unheld = [first, versions.released?.from, versions.owed, ...owedVersions].filter(
      (version): version is number => typeof version === 'number' && version > cursor,
    );
    return unheld.reduce((least, version) => Math.min(least, version - 1), versions.clock);
  }
}

/** What a push answers, and what it did. */
interface Pushed {
  result: PushResult;
  outcome: PushOutcome;
  /** The account's clock, if the push moved it. */
  movedTo: number | null;
  plans: readonly Plan[];
}
