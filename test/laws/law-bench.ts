import { randomUUID } from 'node:crypto';
import { fieldsOf } from '../../src/common/fields.js';
import type { CollectionDefinition } from '../../src/sync/collection-definition.js';
import { SyncModule } from '../../src/sync/sync.module.js';
import type { TestApp } from '../support/app.js';
import {
  type Account,
  Phone,
  premiumAccount,
  type PullAnswer,
  type PushAnswer,
  type WireRecord,
} from '../support/phone.js';
import { recordOf, valueOf, withParents } from '../support/records.js';

/** A moment long past, so that no clock clamps it. */
export const T = 1_765_000_000_000;

/** One account with as many phones as a law needs, and the collection's own way to make records. */
export class LawBench {
  account: Account;

  constructor(
    readonly app: TestApp,
    readonly definition: CollectionDefinition,
  ) {}

  async open(): Promise<this> {
    this.account = await premiumAccount(this.app);
    return this;
  }

  phone(name: string = randomUUID()): Phone {
    return new Phone(this.app.url, this.account.token, name);
  }

  record(n: number, values: object = {}): WireRecord {
    const references = fieldsOf(this.definition.entity).filter(({ kind }) => kind === 'reference');
    const parents = Object.fromEntries(references.map(({ name }) => [name, `parent-${name}`]));
    return recordOf(this.definition, n, { ...parents, createdAt: T, updatedAt: T, ...values });
  }

  /** The record in its section, with the parents it names. */
  body(...records: WireRecord[]): Record<string, WireRecord[]> {
    const sections: Record<string, WireRecord[]> = {};
    for (const record of records)
      for (const [name, list] of Object.entries(withParents(SyncModule.definitions, this.definition, record)))
        sections[name] = [
          ...new Map([...(sections[name] ?? []), ...list].map((r) => [r, r])).values(),
        ].filter(
          (r, index, all) =>
            name === this.definition.name || all.findIndex((o) => o.clientId === r.clientId) === index,
        );
    return sections;
  }

  own = (answer: PullAnswer): WireRecord[] => answer[this.definition.name] ?? [];
  idOf = (answer: PushAnswer, clientId: string) => answer.idMappings[this.definition.name]?.[clientId];

  /** Another value for a field that is neither part of the natural key nor fixed. */
  change(n: number): Record<string, unknown> {
    const { naturalKey = [], fixed = [] } = this.definition;
    const field = fieldsOf(this.definition.entity).find(
      ({ name, kind }) =>
        kind !== 'reference' &&
        !['createdAt', 'updatedAt', 'deletedAt', ...naturalKey, ...fixed].includes(name),
    );
    if (!field) throw new Error(`${this.definition.name} has no field to change`);
    return { [field.name]: valueOf(field, n) };
  }

  /** Pushes and goes on with the cursor of the answer, as a phone that then pulls. */
  async sync(phone: Phone, body: object, lastSync: number): Promise<number> {
    const { syncTime } = await phone.request('push', { lastSync, ...body });
    return (await phone.request('pull', { lastSync: syncTime })).syncTime;
  }

  /** Clock, history and heads of the account: what must not move when nothing changes. */
  async state(): Promise<unknown> {
    const tables = SyncModule.definitions.map(({ name }) => name);
    const [row] = await this.app.owner.query({
      text: `select (select clock from sync_clock where user_id = $1) as clock,
          (select count(*) from record_versions where user_id = $1) as history,
          (select count(*) from record_aliases where user_id = $1) as aliases`,
      values: [this.account.userId],
    });
    const answer = await this.phone().request('pull', { lastSync: 0 });
    return { ...row, heads: tables.map((name) => answer[name]) };
  }

  async history(id: string): Promise<{ version: number; reason: string; record: WireRecord }[]> {
    const response = await fetch(`${this.app.url}/api/sync/history/${this.definition.name}/${id}`, {
      headers: { authorization: `Bearer ${this.account.token}` },
    });
    return (
      (await response.json()) as { versions: { version: number; reason: string; record: WireRecord }[] }
    ).versions;
  }
}

export const shownAs = (record: WireRecord, serverId: string | undefined) => ({ ...record, serverId });
