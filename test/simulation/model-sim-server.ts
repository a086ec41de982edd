import type { SyncApi } from '../../client/src/api/sync-api.js';
import { PortalError } from '../../client/src/api/portal-error.js';
import type { Line } from './line.js';
import { isSimulated, markOf } from './marks.js';
import { type Backup, ModelServer } from './model-server.js';
import type { Ablation } from './model/switches.js';
import type { PullRequest } from './model/pull.js';
import type { PushRequest } from './model/push-types.js';
import { areParentsLive, isResolved } from './model/shown.js';
import { allHeads, type Table } from './model/state.js';
import { type ServerView, type SimServer, stateKey, type ViewedHead } from './server.js';
import type { PullAnswer, PushAnswer, PushBody } from './wire.js';

const BEGINNING = 1_800_000_000_000;
const TWENTY_MINUTES = 20 * 60_000;
/** In the dense time of a simulation two accounts would hand out the same cursors; on a real server they never do. */
const APART = 100_000_000;
const USERS = ['first account', 'second account'];

/** The model in this process, in time that it makes itself: every other request takes a millisecond. */
export class ModelSimServer implements SimServer {
  private readonly model: ModelServer;
  private readonly held = new Map<string, Promise<void>>();
  private half = BEGINNING * 2;
  private backup: Backup | null = null;

  constructor(ablation: Ablation | null) {
    this.model = new ModelServer({ now: (user) => this.timeOf(USERS.indexOf(user)), ablation });
  }

  now(): number {
    return Math.floor(this.half / 2);
  }

  private timeOf = (account: number) => this.now() + account * APART;

  /** Nothing here waits for anything but other promises: once the microtasks are done, all has been done. */
  settle(): Promise<void> {
    return new Promise((go) => setImmediate(go));
  }

  apiFor(account: number, line: Line): SyncApi {
    const api = {
      accountId: () => Promise.resolve(USERS[account]),
      push: (body: PushBody) => line.push(body, () => this.push(account, body)),
      pull: (body: PushBody) => line.pull(body, () => Promise.resolve(this.pull(account, body))),
      syncStatus: async (asked: PushBody) => ({
        pendingChanges: await this.pendingChanges(account, asked),
        isPremium: true,
      }),
      uploadMetrics: () => Promise.reject(new PortalError('client.offline')),
      downloadMetrics: () => Promise.reject(new PortalError('client.offline')),
    };
    return api as unknown as SyncApi;
  }

  push(account: number, body: PushBody): Promise<PushAnswer> {
    this.half++;
    const request = { ...body, lastSync: body.lastSync ?? 0 } as PushRequest;
    const underWay = this.held.get(body.deviceId);
    return this.model.push(USERS[account], request, underWay && (() => underWay)) as Promise<PushAnswer>;
  }

  private pull(account: number, body: PushBody): PullAnswer {
    this.half++;
    return this.model.pull(USERS[account], { ...body, lastSync: body.lastSync ?? 0 } as PullRequest);
  }

  pendingChanges(account: number, { deviceId, lastSync, receipt }: PushBody): Promise<number> {
    const presented = { lastSync: lastSync ?? 0, receipt: receipt ?? undefined };
    return Promise.resolve(this.model.pendingChanges(USERS[account], deviceId, presented));
  }

  digest(account: number, deviceId: string) {
    return Promise.resolve(this.model.digest(USERS[account], deviceId));
  }

  view(account: number): Promise<ServerView> {
    const state = this.model.account(USERS[account]);
    const heads = new Map<string, ViewedHead>();
    const history = new Map<string, number>();
    for (const head of allHeads(state)) {
      const { collection, serverId, version, content } = head;
      if (!isSimulated(collection)) continue;
      heads.set(serverId, {
        collection,
        serverId,
        version,
        mark: markOf(collection, content.values),
        keys: [head.key, ...aliasesOf(state.tables[collection], serverId)],
        updatedAt: content.values['updatedAt'] as number,
        deletedAt: (content.values['deletedAt'] ?? null) as number | null,
        isResolved: isResolved(head),
        isHidden: !areParentsLive(state, head),
      });
      for (const { record } of state.history.get(serverId) ?? []) {
        const key = stateKey(serverId, markOf(collection, record), record['deletedAt'], record['updatedAt']);
        history.set(key, (history.get(key) ?? 0) + 1);
      }
    }
    const cursors = new Set<string>();
    const owed = new Map<string, number>();
    for (const [id, device] of state.devices) {
      for (const cursor of device.cursors.keys()) cursors.add(`${id}/${cursor}`);
      for (const [serverId, { headVersion, owedVersion }] of device.owed)
        owed.set(`${id}/${serverId}/${headVersion}`, owedVersion);
    }
    const { clock } = state;
    return Promise.resolve({
      clock,
      now: this.timeOf(account),
      epoch: this.model.epoch,
      heads,
      history,
      cursors,
      owed,
    });
  }

  restoreVersion(account: number, collection: string, serverId: string, version: number): Promise<boolean> {
    this.half++;
    return Promise.resolve(this.model.restoreVersion(USERS[account], collection, serverId, version));
  }

  holdPushes(deviceId: string): () => void {
    let letGo: (() => void) | undefined;
    this.held.set(deviceId, new Promise((go) => (letGo = go)));
    return () => {
      this.held.delete(deviceId);
      letGo?.();
    };
  }

  backUp(): Promise<void> {
    this.backup = this.model.backup();
    return Promise.resolve();
  }

  restore(): Promise<boolean> {
    if (this.backup) this.model.restore(this.backup);
    return Promise.resolve(this.backup !== null);
  }

  twentyMinutesPass(): Promise<void> {
    this.half += TWENTY_MINUTES * 2;
    return Promise.resolve();
  }
}

const aliasesOf = ({ aliases }: Table, serverId: string) =>
  [...aliases].filter(([, alias]) => alias.serverId === serverId).map(([key]) => key);
