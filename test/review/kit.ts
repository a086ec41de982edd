import { randomUUID } from 'node:crypto';
import { Database } from '../../src/database/sql.js';
import type { TestApp } from '../support/app.js';
import { Phone, premiumAccount, type Account } from '../support/phone.js';

export const T = 1_765_000_000_000;
export const uuid = randomUUID;
export const session = (clientId: string, v: object = {}) => ({
  clientId, serverId: null, timestamp: T, mode: 'Pump', targetReps: 10, weightPerCableKg: 20, createdAt: T, updatedAt: T, ...v,
});
export const routine = (clientId: string, v: object = {}) => ({ clientId, name: 'R', createdAt: T, updatedAt: T, ...v });
export const superset = (clientId: string, routineId: string, v: object = {}) => ({
  clientId, routineId, name: 'S', orderIndex: 0, createdAt: T, updatedAt: T, ...v,
});
export const exercise = (clientId: string, routineId: string, v: object = {}) => ({
  clientId, routineId, exerciseName: 'E', orderIndex: 0, createdAt: T, updatedAt: T, ...v,
});
export const badge = (clientId: string, badgeId: string, v: object = {}) => ({
  clientId, badgeId, earnedAt: T, createdAt: T, updatedAt: T, ...v,
});
export const phase = (clientId: string, sessionId: string, v: object = {}) => ({
  clientId, sessionId, concentricKgAvg: 1, concentricKgMax: 1, concentricVelAvg: 1, concentricVelMax: 1, concentricWattAvg: 1,
  concentricWattMax: 1, eccentricKgAvg: 1, eccentricKgMax: 1, eccentricVelAvg: 1, eccentricVelMax: 1, eccentricWattAvg: 1,
  eccentricWattMax: 1, timestamp: T, createdAt: T, updatedAt: T, ...v,
});
export class Kit {
  account: Account;
  constructor(readonly app: TestApp) {}
  async open() { this.account = await premiumAccount(this.app); return this; }
  phone(name: string = uuid()) { return new Phone(this.app.url, this.account.token, name); }
  sql = <X = any>(text: string, values: unknown[] = []) => this.app.app.get(Database).query<X>({ text, values });
  async http(method: string, path: string, body?: unknown) {
    const r = await fetch(this.app.url + path, { method, headers: { authorization: `Bearer ${this.account.token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body) });
    const text = await r.text();
    let json: any = text; try { json = JSON.parse(text); } catch {}
    return { status: r.status, body: json };
  }
  async clock() { return Number((await this.sql('select clock from sync_clock where user_id=$1', [this.account.userId]))[0].clock); }
  async history(n: string) { return (await this.sql('select * from record_versions where user_id=$1 and collection=$2 order by server_id, version', [this.account.userId, n])) as any[]; }
}
