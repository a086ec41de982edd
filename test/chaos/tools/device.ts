import { randomUUID } from 'node:crypto';
import type { Wire } from './wire.js';

export interface DeviceOptions {
  wire: Wire;
  url: string;
  token: string;
  /** How far its clock is ahead of the true time. */
  clockMs: number;
}

/** A phone with routines, whose name is all that is edited, and a clock of its own. */
export class Device {
  /** By client id. */
  readonly names = new Map<string, string>();
  resyncs = 0;
  backwards = 0;
  private cursor = 0;
  private at = 0;
  private readonly deviceId = randomUUID();

  constructor(private readonly options: DeviceOptions) {}

  /** Gives them all this name. @returns how many lost to another edit */
  async push(ids: readonly string[], name: string): Promise<{ superseded: number }> {
    this.at = Math.max(this.at + 1, Date.now() + this.options.clockMs);
    const times = { createdAt: this.at, updatedAt: this.at };
    const routines = ids.map((clientId) => ({ clientId, name, ...times }));
    const { syncTime, superseded, rejected } = await this.ask('push', { routines });
    if (rejected.length > 0) throw new Error(`refused: ${JSON.stringify(rejected[0])}`);
    this.take(syncTime);
    for (const id of ids) this.names.set(id, name);
    return { superseded: superseded.length };
  }

  async pull(): Promise<void> {
    const { syncTime, resync, routines } = await this.ask('pull', {});
    if (resync) this.resyncs++;
    this.take(syncTime);
    for (const { clientId, name } of routines) this.names.set(clientId, name);
  }

  private take(syncTime: number): void {
    if (syncTime < this.cursor) this.backwards++;
    this.cursor = syncTime;
  }

  private async ask(what: 'push' | 'pull', more: object) {
    const { wire, url, token } = this.options;
    const body = { deviceId: this.deviceId, lastSync: this.cursor, ...more };
    const { status, body: answer } = await wire.post(`${url}/api/sync/${what}`, { token, body });
    if (status !== 200) throw new Error(`${what} → ${status} ${JSON.stringify(answer)}`);
    return answer;
  }
}
