import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Training, type WireRecord } from '../../bench/data/records.js';
import type { Account } from '../../bench/driver/protocol.js';
import type { Heard, Wire } from './wire.js';

const RETRY_MS = 80;
const SIZE = 3;

export interface LifterOptions {
  wire: Wire;
  account: Pick<Account, 'token'>;
  /** Where to: asked for each attempt. */
  url: () => string;
  random: () => number;
  /** Notes what was acknowledged, so that it outlives whatever happens to memory. */
  journal?: string;
  /** New sets in a push, beside one edit of an older one. */
  size?: number;
}

interface Known {
  /** Number of the last edit that was sent, and of the last that was acknowledged; -1: none. */
  sent: number;
  acknowledged: number;
  /** Every server id it was told. */
  serverIds: Set<string>;
}

/** A phone that pushes new sets and edits of old ones, and keeps account of what it sent and what it was promised. */
export class Lifter {
  readonly deviceId = randomUUID();
  readonly records = new Map<string, Known>();
  /** Answers that were neither success nor "later". */
  readonly faults: string[] = [];
  acknowledged = 0;
  retries = 0;
  /** Pushes it gave up. */
  abandoned = 0;
  /** What the last push was answered. */
  last: Heard | undefined;
  private readonly training = new Training(1);
  private cursor = 0;
  private at = Date.now();

  constructor(private readonly options: LifterOptions) {}

  /**
   * Sends one push until it is acknowledged, or so many times.
   * @returns whether it was acknowledged
   */
  async push(attempts = Infinity): Promise<boolean> {
    const sessions = [
      ...Array.from({ length: this.options.size ?? SIZE }, () => this.fresh()),
      ...this.edited(),
    ];
    const body = { deviceId: this.deviceId, platform: 'android', lastSync: this.cursor, sessions };
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const heard = await this.options.wire.post(`${this.options.url()}/api/sync/push`, {
        body,
        token: this.options.account.token,
      });
      this.last = heard;
      if (heard.status === 200) {
        this.note(sessions, heard);
        return true;
      }
      if (heard.status !== 0 && heard.status !== 503)
        this.faults.push(`push → ${heard.status} ${JSON.stringify(heard.body)}`);
      this.retries++;
      await pause(RETRY_MS * (0.5 + this.options.random()));
    }
    this.abandoned++;
    return false;
  }

  private fresh(): WireRecord {
    const clientId = randomUUID();
    this.records.set(clientId, { sent: 0, acknowledged: -1, serverIds: new Set() });
    return this.session(clientId, 0);
  }

  /** A new edit of any record that it has. */
  private edited(): WireRecord[] {
    const ids = [...this.records].filter(([, { acknowledged }]) => acknowledged >= 0).map(([id]) => id);
    if (ids.length === 0) return [];
    const clientId = ids[Math.floor(this.options.random() * ids.length)];
    const known = this.records.get(clientId) as Known;
    known.sent++;
    return [this.session(clientId, known.sent)];
  }

  private session(clientId: string, edit: number): WireRecord {
    this.at += 1;
    return { ...this.training.plainSession({ clientId, at: this.at }), routineName: `edit ${edit}` };
  }

  private note(sessions: readonly WireRecord[], { body }: Heard): void {
    this.cursor = body.syncTime;
    this.acknowledged++;
    for (const { clientId, routineName } of sessions) {
      const known = this.records.get(clientId) as Known;
      known.acknowledged = Math.max(known.acknowledged, editOf(routineName));
      const serverId = body.idMappings.sessions[clientId] as string | undefined;
      if (serverId === undefined) this.faults.push(`no mapping of ${clientId}`);
      else known.serverIds.add(serverId);
    }
    if (this.options.journal !== undefined)
      fs.appendFileSync(
        this.options.journal,
        sessions.map(({ clientId, routineName }) => `${clientId} ${editOf(routineName)}\n`).join(''),
      );
  }
}

const editOf = (routineName: unknown) => Number(String(routineName).slice('edit '.length));

/** Lifters that push one after another until the shift ends. */
export class Shift {
  private isOver = false;
  private readonly lives: Promise<void>[];

  constructor(lifters: readonly Lifter[], attempts?: number) {
    this.lives = lifters.map(async (lifter) => {
      while (!this.isOver) await lifter.push(attempts);
    });
  }

  /** Waits for the last answers. */
  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.lives);
  }
}

export interface Audit {
  records: number;
  /** Acknowledged and not there. */
  lost: number;
  /** There, but with an older edit than the last that was acknowledged. */
  stale: number;
  /** There, and never sent. */
  strangers: number;
  /** There twice. */
  duplicates: number;
  /** Known to phones under more than one server id, or another one than it is pulled with. */
  unstable: number;
}

export const NOTHING: Audit = { records: 0, lost: 0, stale: 0, strangers: 0, duplicates: 0, unstable: 0 };

/** What a new phone of the account pulls, against what its lifters sent and were promised. */
export async function audit(
  wire: Wire,
  url: string,
  token: string,
  lifters: readonly Lifter[],
): Promise<Audit> {
  const { status, body } = await wire.post(`${url}/api/sync/pull`, {
    body: { deviceId: randomUUID(), lastSync: 0 },
    token,
  });
  if (status !== 200) throw new Error(`the last pull was answered ${status}: ${JSON.stringify(body)}`);
  const pulled = new Map<string, { serverId: string; edit: number }>();
  const found = { ...NOTHING };
  for (const { clientId, serverId, routineName } of body.sessions) {
    if (pulled.has(clientId)) found.duplicates++;
    pulled.set(clientId, { serverId, edit: editOf(routineName) });
  }
  found.records = pulled.size;
  const sent = new Map(lifters.flatMap(({ records }) => [...records]));
  for (const [clientId, known] of sent) {
    const seen = pulled.get(clientId);
    if (seen === undefined) {
      if (known.acknowledged >= 0) found.lost++;
      continue;
    }
    if (seen.edit < known.acknowledged) found.stale++;
    if (seen.edit > known.sent) found.strangers++;
    if (known.serverIds.size > 1 || [...known.serverIds].some((id) => id !== seen.serverId)) found.unstable++;
  }
  for (const clientId of pulled.keys()) if (!sent.has(clientId)) found.strangers++;
  return found;
}

export function sum(audits: readonly Audit[]): Audit {
  const total = { ...NOTHING };
  for (const one of audits) for (const key of Object.keys(total) as (keyof Audit)[]) total[key] += one[key];
  return total;
}
