import { ClockLock } from './model/lock.js';
import { pendingChanges, pull, type Moment, type PullRequest } from './model/pull.js';
import { push } from './model/push.js';
import type { Begun, PushRequest } from './model/push-types.js';
import { isRowNumber, type WireRecord } from './model/records.js';
import { type Digest, digestOf, ruleFor } from './model/shown.js';
import type { Presented } from './model/standing.js';
import { type Account, type Head, newAccount } from './model/state.js';
import type { Ablation } from './model/switches.js';

/**
 * The sync protocol in memory: a second description of it, to be read next to docs/sync-protocol.md. It shares nothing
 * with src/sync, so that a mistake has to be made twice to go unseen; model-check.e2e-spec.ts holds both against each
 * other. `model/` has one file per chapter: records (§4, merging), names (§3), plan (§4, the conflict table), store,
 * telling (§5, holding and owed), standing (§5, cursors), pull (§5), shown (§6).
 *
 * A push has two steps: `begin` takes the lock and the time, `commit` makes everything visible at once. Between them
 * other requests are served.
 */

export interface ModelOptions {
  /** The server's wall clock as the account sees it, epoch ms. */
  now: (user: string) => number;
  ablation?: Ablation | null;
}

export type PushAnswer = ReturnType<typeof push>;
export type PullAnswer = ReturnType<typeof pull>;

/** Everything a backup of the database has. */
export type Backup = Map<string, Account>;

/** Of the account's owner, see src/sync/history.service.ts. */
const PORTAL_DEVICE = 'portal';

export class ModelServer {
  epoch = 1;
  private accounts = new Map<string, Account>();
  private readonly locks = new Map<string, ClockLock>();
  private ids = 0;

  constructor(private readonly options: ModelOptions) {}

  private moment(user: string): Moment {
    return { now: this.options.now(user), epoch: this.epoch, ablation: this.options.ablation ?? null };
  }

  account(user: string): Account {
    const account = this.accounts.get(user) ?? newAccount();
    this.accounts.set(user, account);
    return account;
  }

  /** Ids of later records are greater, as the real server's are. */
  private readonly newId = () => `${String(++this.ids).padStart(8, '0')}-0000-7000-8000-000000000000`;

  /** `underWay` is awaited between the two steps of the push. */
  async push(user: string, request: PushRequest, underWay?: () => Promise<void>): Promise<PushAnswer> {
    const lock = this.locks.get(user) ?? new ClockLock();
    this.locks.set(user, lock);
    if (this.options.ablation !== 'noClockLock') await lock.take();
    try {
      const begun = this.begin(user);
      await underWay?.();
      return this.commit(user, request, begun);
    } finally {
      if (this.options.ablation !== 'noClockLock') lock.release();
    }
  }

  /** Both steps at once, where nothing can come between. */
  pushAtOnce(user: string, request: PushRequest): PushAnswer {
    return this.commit(user, request, this.begin(user));
  }

  private begin(user: string): Begun {
    return { ...this.moment(user), clock: this.account(user).clock };
  }

  private commit(user: string, request: PushRequest, begun: Begun): PushAnswer {
    return push(this.account(user), request, begun, this.newId);
  }

  pull(user: string, request: PullRequest): PullAnswer {
    return pull(this.account(user), request, this.moment(user));
  }

  pendingChanges(user: string, deviceId: string, presented: Partial<Presented>): number {
    return pendingChanges(this.account(user), deviceId, presented, this.moment(user));
  }

  /** `deviceId` null: as nobody in particular is shown the records. */
  digest(user: string, deviceId: string | null): Digest {
    return digestOf(this.account(user), deviceId);
  }

  /** §8: an old state becomes the head, as a new edit that wins and reaches every device. False: there is no such state. */
  restoreVersion(
    user: string,
    collection: string,
    serverId: string,
    number: number,
    at = this.options.now(user),
  ): boolean {
    const account = this.account(user);
    const past = account.history.get(serverId)?.find((state) => state.number === number);
    if (!past || !account.tables[collection].heads.has(serverId)) return false;
    const record: Record<string, unknown> = {
      ...past.record,
      clientId: serverId,
      serverId,
      updatedAt: at,
    };
    // A row number names a parent on its own phone only: a child that still waits for one keeps the name it has.
    for (const reference of Object.keys(ruleFor(collection).parents))
      if (isRowNumber(String(record[reference]))) delete record[reference];
    const request = { deviceId: PORTAL_DEVICE, lastSync: 0, [collection]: [record as WireRecord] };
    push(account, request, this.begin(user), this.newId, true);
    return true;
  }

  headOf(user: string, collection: string, serverId: string): Head | undefined {
    return this.account(user).tables[collection].heads.get(serverId);
  }

  backup(): Backup {
    return structuredClone(this.accounts);
  }

  /** The database is what it was; the operator declares so. Ids go on: they are random on the real server. */
  restore(backup: Backup): void {
    this.accounts = structuredClone(backup);
    if (this.options.ablation !== 'noEpoch') this.epoch++;
  }
}
