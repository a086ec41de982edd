import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import type { Transaction } from '../database/transaction.js';
import { clockLock, clockStatements } from './clock-lock.js';
import { Collections } from './collections.js';
import {
  cursorOf,
  cursorStatements,
  forgettingStatements,
  type DeviceState,
  DeviceStates,
  exceptionsOf,
  type Mark,
  refuseRevoked,
  standingOf,
  type Versions,
} from './device-state.js';
import { deviceStatements } from './devices.js';
import { readEnvelope, SyncPushRequest } from './envelope.js';
import { firstUnheld, type Holding, holdingAfter, markStatements } from './holding.js';
import { keyStatements } from './key-changes.js';
import type { Plan, PushContext } from './plan.js';
import { Planner } from './planner.js';
import { mappingsOf, type PushResult, rejectedOf, toldStatement } from './push-answer.js';
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
export class PushService {
  private readonly turns = new UserTurns();
  private readonly logger = new Logger(PushService.name);

  constructor(
    private readonly database: Database,
    private readonly states: DeviceStates,
    private readonly collections: Collections,
    private readonly quarantine: QuarantineService,
  ) {}

  /**
   * Stores what a device sends; bad records are listed in the answer, the rest commits.
   * @throws AppError request.invalid, sync.device_revoked; a lock that is not free in time surfaces as sync.busy.
   */
  async push(userId: string, body: unknown): Promise<PushResult> {
    const request = readEnvelope(SyncPushRequest, body);
    const sections = await readSections(this.collections, body as Record<string, unknown>, request.deviceId);
    const { result } = await this.inTurn(userId, () => this.transact(userId, request, sections));
    return result;
  }

  /** An edit by the account's owner that knows every head: it wins, and reaches every device. */
  async pushOwnersEdit(
    userId: string,
    body: Record<string, unknown> & { deviceId: string },
  ): Promise<PushResult> {
    const request = readEnvelope(SyncPushRequest, body);
    const sections = await readSections(this.collections, body, request.deviceId);
    const transact = () => this.transact(userId, request, sections, { knowsEverything: true });
    const { result } = await this.inTurn(userId, transact);
    return result;
  }

  /** Records of an export: edits by somebody who has seen no head, whom nothing is owed. Tells what became of them. */
  async pushImport(
    userId: string,
    body: Record<string, unknown> & { deviceId: string },
  ): Promise<Pick<Pushed, 'result' | 'plans'>> {
    const request = readEnvelope(SyncPushRequest, body);
    const sections = await readSections(this.collections, body, request.deviceId);
    return this.inTurn(userId, () => this.transact(userId, request, sections, { knowsNothing: true }));
  }

  private async transact(
    userId: string,
    request: SyncPushRequest,
    sections: Sections,
    { knowsEverything = false, knowsNothing = false } = {},
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
        knowsEverything,
        knowsNothing,
      };
      const plans = await planner.plan(tx, context);
      const pusher = { context, state, request, lastSync: presented.lastSync, waiting: planner.waiting };
      return {
        result: await this.commit(tx, pusher, plans, sections.rejected),
        plans,
      };
    });
  }

  /** What is committed is answered as such, whatever becomes of the planner's picture of the tables. */
  private async inTurn(userId: string, transact: () => Promise<Pushed>): Promise<Pushed> {
    const pushed = await this.turns.run(userId, transact);
    const sizes = pushed.plans.map(({ collection, changes }) => ({
      table: collection.sql.table,
      rows: changes.length,
    }));
    await refreshStatistics(this.database, sizes).catch((error: unknown) => this.logger.warn(error));
    return pushed;
  }

  private async commit(
    tx: Transaction,
    pusher: Pusher,
    plans: readonly Plan[],
    refusedEarly: readonly Rejected[],
  ): Promise<PushResult> {
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
      context.knowsEverything || context.knowsNothing
        ? { syncTime: versions.clock, receipt: 0 }
        : await this.tellDevice(writes, pusher, plans, { numbers, owed, versions });
    const rejected = [...refusedEarly, ...plans.flatMap(rejectedOf)];
    writes.add(this.quarantine.keeping(context, rejected));
    const told = plans.flatMap((plan) => {
      const statement = toldStatement(context, plan, typeof request.receipt === 'number');
      return statement ? [{ collection: plan.collection.name, statement }] : [];
    });
    const read = await writes.commitAndRead(told.map(({ statement }) => statement));
    return {
      syncTime,
      epoch: state.epoch,
      idMappings: mappingsOf(this.collections, plans),
      receipt,
      rejected,
      superseded: told.flatMap(({ collection }, n) =>
        read[n].map(({ record }) => ({ collection, record: record as string })),
      ),
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

/** Device and cursor; a push that changed nothing and told nothing new writes neither. */
function remember(
  writes: Writes,
  { context, state, request, lastSync }: Pusher,
  { syncTime, holding, versions, wrote, holdsOthers }: Done,
): void {
  const { userId, deviceId, standing } = context;
  const known = syncTime === lastSync && state.issued;
  writes.add(
    deviceStatements(userId, state, {
      deviceId,
      deviceName: request.deviceName ?? null,
      platform: request.platform ?? null,
      usedCursor: state.usedCursor || (lastSync !== 0 && !standing.fresh),
      firstGiven: state.firstGiven ?? (holdsOthers ? state.clock : null),
      lastCursor: syncTime,
      holding: { ...holding, pushCursor: lastSync },
      wrote,
    }),
  );
  const holds = holding.held !== null || holding.marks.length > 0;
  if (known && !holds) return;
  const issued = {
    cursor: syncTime,
    first: standing.fresh && syncTime < versions.clock,
    // The same value as the one presented proves nothing: the device may have it from before this push.
    pushNumber: holds && syncTime !== lastSync ? holding.pushNumber : null,
  };
  writes.add(cursorStatements(userId, deviceId, issued));
  writes.add(forgettingStatements(userId, deviceId, syncTime));
}

/** What a push answers, and what it did. */
interface Pushed {
  result: PushResult;
  plans: readonly Plan[];
}

/** What a push has done, for the books. */
interface Done {
  syncTime: number;
  holding: Holding;
  versions: Versioned;
  wrote: boolean;
  holdsOthers: boolean;
}

/** One push on its way to commit. */
interface Pusher {
  context: PushContext;
  state: DeviceState;
  request: SyncPushRequest;
  lastSync: number;
  /** Kinds of children of which some wait for a parent. */
  waiting: ReadonlySet<string>;
}
