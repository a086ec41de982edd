import { Injectable } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Database, type Sql } from '../database/sql.js';
import type { Collection, Sent } from './collection.js';
import { Collections } from './collections.js';
import {
  type DeviceState,
  issueCursor,
  type Mark,
  readDeviceState,
  refuseRevoked,
  exceptionsOf,
  standingOf,
  type Versions,
} from './device-state.js';
import { saveDevice } from './devices.js';
import { readEnvelope, SyncPushRequest } from './envelope.js';
import { firstUnheld, type Holding, holdingAfter, storeMarks } from './holding.js';
import { storeKeys } from './identify.js';
import { type Plan, plan, type PushContext } from './plan.js';
import { type Parents, parentsOf, resolveReferences } from './references.js';
import { mappingsOf, type PushResult, readSuperseded, rejectedOf } from './push-answer.js';
import { QuarantineService, type Rejected } from './quarantine.service.js';
import { readSections, type Sections } from './read-sections.js';
import { findReleased, type Released, SLICE, storeHeads, storeLosses, storeReleased } from './store.js';
import { refreshStatistics } from './statistics.js';
import { UserTurns } from './user-turns.js';
import { assignVersions, markOf, mergedMarks, type Owed, owedOf, type Versioned } from './versions.js';

/**
 * The one writer of synced tables. Invariants: the user's clock row is locked before anything is read and held to
 * commit; every statement after the lock takes a new snapshot (READ COMMITTED), so it sees all that the lock waited
 * for; what is not changed is not written. The number of statements depends on the number of collections in the push,
 * never on the number of records.
 */
@Injectable()
export class PushService {
  private readonly turns = new UserTurns();

  constructor(
    private readonly database: Database,
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
    return this.turns.run(userId, () => this.store(userId, request, sections));
  }

  /** An edit by the account's owner that knows every head: it wins, and reaches every device. */
  async pushOwnersEdit(
    userId: string,
    body: Record<string, unknown> & { deviceId: string },
  ): Promise<PushResult> {
    const request = readEnvelope(SyncPushRequest, body);
    const sections = await readSections(this.collections, body, request.deviceId);
    return this.turns.run(userId, () => this.store(userId, request, sections, true));
  }

  private async store(
    userId: string,
    request: SyncPushRequest,
    sections: Sections,
    knowsEverything = false,
  ): Promise<PushResult> {
    const { result, sizes } = await this.database.transaction({ mode: 'write' }, async (sql) => {
      await lockClock(sql, userId);
      const presented = {
        lastSync: request.lastSync ?? 0,
        epoch: request.epoch ?? undefined,
        receipt: request.receipt ?? undefined,
      };
      const state = await readDeviceState(sql, userId, request.deviceId, presented.lastSync);
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
      };
      const plans = await this.planAll(sql, context, sections.sents);
      const pusher = { context, state, request, lastSync: presented.lastSync };
      return {
        result: await this.commit(sql, pusher, plans, sections.rejected),
        sizes: plans.map(({ collection, changes }) => ({
          table: collection.sql.table,
          rows: changes.length,
        })),
      };
    });
    await refreshStatistics(this.database, sizes);
    return result;
  }

  /** Parents before children, so that a child finds a parent that comes in the same push. */
  private async planAll(sql: Sql, context: PushContext, sents: ReadonlyMap<string, Sent[]>): Promise<Plan[]> {
    const parents = new Map<string, { collection: Collection; inPush: Parents }>();
    const plans: Plan[] = [];
    for (const collection of this.collections.all()) {
      const own = sents.get(collection.name) ?? [];
      let inPush: Parents = new Map();
      if (own.length > 0) {
        await resolveReferences(sql, context.userId, collection, own, parents);
        const made = await plan(sql, context, collection, own, parents);
        inPush = parentsOf(made.targets);
        plans.push(made);
      }
      parents.set(collection.name, { collection, inPush });
    }
    return plans;
  }

  private async commit(sql: Sql, pusher: Pusher, plans: readonly Plan[], refusedEarly: readonly Rejected[]) {
    const { context, state, request } = pusher;
    const released = await findReleased(sql, context.userId, this.collections, plans);
    const owed = owedOf(plans, context.standing, state.marks);
    const versions = assignVersions(
      state,
      plans,
      released,
      owed.some(({ later }) => later),
    );
    const numbers = await this.storeAll(sql, context, plans, released, versions);
    await this.moveClock(sql, context.userId, state, versions);
    const { syncTime, receipt } = context.knowsEverything
      ? { syncTime: versions.clock, receipt: 0 }
      : await this.tellDevice(sql, pusher, plans, { numbers, owed, versions });
    const rejected = [...refusedEarly, ...plans.flatMap(rejectedOf)];
    await this.quarantine.keep(sql, context, rejected);
    return {
      syncTime,
      epoch: state.epoch,
      idMappings: mappingsOf(this.collections, plans),
      receipt,
      rejected,
      superseded: await readSuperseded(sql, context, plans, typeof request.receipt === 'number'),
    };
  }

  /** Writes keys, heads, history, released children and the clock; gives the version of every changed head. */
  private async storeAll(
    sql: Sql,
    context: PushContext,
    plans: readonly Plan[],
    released: readonly Released[],
    versions: Versioned,
  ): Promise<Map<string, number>> {
    const numbers = new Map<string, number>();
    for (const { collection, keys, changes } of plans) {
      await storeKeys(sql, context, collection.name, keys);
      if (changes.length === 0) continue;
      const stored = changes.map((change) => {
        const version = (versions.heads as Versions).from + Math.floor(numbers.size / SLICE);
        numbers.set(change.target.serverId, version);
        return { ...change, version };
      });
      await storeHeads(sql, context, collection, stored);
    }
    await storeLosses(sql, context, plans);
    if (versions.released) {
      const ids = [...new Set(released.map(({ serverId }) => serverId))];
      const { from } = versions.released;
      await storeReleased(
        sql,
        context.userId,
        released,
        new Map(ids.map((id, n) => [id, from + Math.floor(n / SLICE)])),
      );
    }
    return numbers;
  }

  /** Works out and writes down what the device holds and is owed; gives it its cursor. */
  private async tellDevice(
    sql: Sql,
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
      sql,
      userId,
      this.collections,
      plans,
      { ...pusher, standing },
      { versions: versions.heads, before: state.clock },
    );
    await storeMarks(sql, userId, deviceId, {
      dropHeld: holding.changed && state.marks.some(({ owedVersion }) => owedVersion === null),
      delivered: standing.cursor,
      marks: [...marks, ...(holding.changed ? holding.marks : [])],
    });
    const syncTime = await this.safeCursor(sql, pusher, versions, holding, marks);
    await this.remember(sql, pusher, {
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

  private async moveClock(sql: Sql, userId: string, state: DeviceState, { clock }: Versioned): Promise<void> {
    if (clock === state.clock) return;
    await sql.query({
      name: 'move-clock',
      text: 'update sync_clock set clock = $2 where user_id = $1',
      values: [userId, clock],
    });
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

  /** Device and cursor; a push that changed nothing and told nothing new writes neither. */
  private async remember(
    sql: Sql,
    { context, state, request, lastSync }: Pusher,
    { syncTime, holding, versions, wrote, holdsOthers }: Done,
  ): Promise<void> {
    const { userId, deviceId, standing } = context;
    const known = syncTime === lastSync && state.issued;
    await saveDevice(sql, userId, state, {
      deviceId,
      deviceName: request.deviceName ?? null,
      platform: request.platform ?? null,
      usedCursor: state.usedCursor || (lastSync !== 0 && !standing.fresh),
      firstGiven: state.firstGiven ?? (holdsOthers ? state.clock : null),
      lastCursor: syncTime,
      holding: { ...holding, pushCursor: lastSync },
      wrote,
    });
    const holds = holding.held !== null || holding.marks.length > 0;
    if (!known || holds)
      await issueCursor(sql, userId, deviceId, {
        cursor: syncTime,
        first: standing.fresh && syncTime < versions.clock,
        // The same value as the one presented proves nothing: the device may have it from before this push.
        pushNumber: holds && syncTime !== lastSync ? holding.pushNumber : null,
      });
  }
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
}

/**
 * A statement of its own, before the one that reads: a statement that locks and reads at once sees what was true before
 * it waited. NO KEY, so that pulls, which only see to it that the account still exists, do not wait for pushes.
 * @throws AppError auth.token_revoked when the account is gone
 */
async function lockClock(sql: Sql, userId: string): Promise<void> {
  const rows = await sql.query({
    name: 'lock-clock',
    text: 'select 1 from sync_clock where user_id = $1 for no key update',
    values: [userId],
  });
  if (rows.length === 0) throw new AppError('auth.token_revoked');
}
