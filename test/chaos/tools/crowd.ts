import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../../bench/data/random.js';
import { Training } from '../../bench/data/records.js';
import type { Account } from '../../bench/driver/protocol.js';
import type { Wire } from './wire.js';

/** What phones and portals do all day. */
export type Kind = 'push' | 'large push' | 'pull' | 'first pull' | 'read';

const MIX: readonly Kind[] = ['push', 'push', 'pull', 'pull', 'read', 'first pull', 'large push'];
/** About 300 KB: more than a small body, so that it takes the way of the large ones. */
const LARGE = 500;

export interface Moment {
  kind: Kind;
  /** When it was asked, ms of the process. */
  at: number;
  ms: number;
  status: number;
  retryAfter: boolean;
}

export interface CrowdOptions {
  wire: Wire;
  url: () => string;
  accounts: readonly Account[];
  seed: number;
  /** Each waits that long between two requests. */
  pauseMs?: number;
  kinds?: readonly Kind[];
}

/** Many phones that ask without end and note how they were answered. */
export class Crowd {
  readonly moments: Moment[] = [];
  private isOver = false;
  private readonly lives: Promise<void>[];
  private readonly random: () => number;

  constructor(private readonly options: CrowdOptions) {
    this.random = randomFrom(options.seed);
    this.lives = options.accounts.map((account) => this.live(account));
  }

  /** Waits for the last answers. */
  async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.lives);
  }

  /** Of requests that were asked in that time. */
  between(from: number, to: number): Moment[] {
    return this.moments.filter(({ at }) => at >= from && at < to);
  }

  private async live(account: Account): Promise<void> {
    const { pauseMs = 50, kinds = MIX } = this.options;
    let cursor = 0;
    while (!this.isOver) {
      const kind = kinds[Math.floor(this.random() * kinds.length)];
      const at = performance.now();
      const { status, ms, headers, body } = await this.ask(kind, account, cursor);
      if (status === 200 && kind === 'pull') cursor = body.syncTime;
      this.moments.push({ kind, at, ms, status, retryAfter: headers['retry-after'] !== undefined });
      await pause(pauseMs * (0.5 + this.random()));
    }
  }

  private ask(kind: Kind, { token, deviceId }: Account, cursor: number) {
    const { wire, url } = this.options;
    if (kind === 'read') return wire.get(`${url()}/api/sessions?limit=20`, { token });
    if (kind === 'pull')
      return wire.post(`${url()}/api/sync/pull`, { token, body: { deviceId, lastSync: cursor, limit: 500 } });
    if (kind === 'first pull') {
      const body = { deviceId: `${deviceId}-new`, lastSync: 0, limit: 100 };
      return wire.post(`${url()}/api/sync/pull`, { token, body });
    }
    const sessions = this.sessions(kind === 'push' ? 3 : LARGE);
    const body = { deviceId, platform: 'android', lastSync: cursor, sessions };
    return wire.post(`${url()}/api/sync/push`, { token, body });
  }

  private sessions(count: number) {
    const training = new Training(Math.floor(this.random() * 2 ** 31));
    const at = Date.now();
    return Array.from({ length: count }, (_, i) => training.session({ clientId: randomUUID(), at: at + i }));
  }
}

export const tally = (moments: readonly Moment[]): string => {
  const counts = new Map<number, number>();
  for (const { status } of moments) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([status, n]) => `${n} × ${status}`)
    .join(', ');
};

export const slowest = (moments: readonly Moment[]): number => Math.max(0, ...moments.map(({ ms }) => ms));
