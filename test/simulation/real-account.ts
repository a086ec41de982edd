import { getMetadataArgsStorage } from 'typeorm';
import { restored } from '../../src/cli/restored.js';
import type { Owner } from '../support/owner.js';
import { SyncModule } from '../../src/sync/sync.module.js';
import type { TestApp } from '../support/app.js';
import { premiumAccount } from '../support/phone.js';

type Json = Record<string, unknown>;

/** Every row of one account, table by table. */
export type SavedRows = Map<string, Json[]>;

/** Tables whose rows are no part of what syncs. */
const NOT_SYNCED = ['refresh_tokens', 'auth_sessions', 'users'];

/** One account of the real server, spoken to over HTTP and looked at past the API. */
export class RealAccount {
  private constructor(
    private readonly app: TestApp,
    readonly userId: string,
    readonly token: string,
  ) {}

  static async open(app: TestApp): Promise<RealAccount> {
    const { userId, token } = await premiumAccount(app);
    return new RealAccount(app, userId, token);
  }

  get url(): string {
    return this.app.url;
  }

  private get database(): Owner {
    return this.app.owner;
  }

  async post(path: string, body: Json): Promise<Json> {
    const { status, answer } = await this.send('POST', path, body);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async get(path: string): Promise<Json> {
    const { status, answer } = await this.send('GET', path);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async send(method: string, path: string, body?: Json): Promise<{ status: number; answer: Json }> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      body: body && JSON.stringify(body),
    });
    return { status: response.status, answer: (await response.json()) as Json };
  }

  async pendingChanges(deviceId: string, lastSync: number, receipt?: number): Promise<number> {
    const query = new URLSearchParams({ deviceId, lastSync: String(lastSync) });
    if (receipt !== undefined) query.set('receipt', String(receipt));
    const { pendingChanges } = await this.get(`/api/sync/status?${query.toString()}`);
    return pendingChanges as number;
  }

  async epoch(): Promise<number> {
    const { epoch } = await this.get('/api/sync/status');
    return epoch as number;
  }

  /** The restored record; null: there is no such state. */
  async restoreVersion(collection: string, id: string, version: number): Promise<Json | null> {
    const path = `/api/sync/history/${collection}/${id}/${version}/restore`;
    const { status, answer } = await this.send('POST', path, {});
    if (status === 404) return null;
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${JSON.stringify(answer)}`);
    return answer['record'] as Json;
  }

  rows<Row extends object>(text: string): Promise<Row[]> {
    return this.database.query<Row>({ text, values: [this.userId] });
  }

  async clock(): Promise<number> {
    const [row] = await this.rows<{ clock: number }>(
      'select clock::float8 as clock from sync_clock where user_id = $1',
    );
    return row.clock;
  }

  /** Of all heads, in the order in which they were made. */
  async serverIds(): Promise<string[]> {
    const tables = SyncModule.definitions.map(
      ({ entity }) => getMetadataArgsStorage().tables.find(({ target }) => target === entity)?.name,
    );
    const rows = await this.rows<{ id: string }>(
      tables.map((table) => `select server_id as id from ${table} where user_id = $1`).join(' union all '),
    );
    return rows.map(({ id }) => id).toSorted();
  }

  async history(): Promise<{ serverId: string; states: Json[] }[]> {
    return this
      .rows(`select server_id as "serverId", json_agg(json_build_object('number', version, 'reason', reason,
        'device', device_id, 'record', content) order by version) as states
      from record_versions where user_id = $1 group by server_id order by server_id`);
  }

  /** As if the last push of every phone were twenty minutes ago. */
  async endHolding(): Promise<void> {
    await this.rows('update sync_devices set held_until = held_until - 1200000 where user_id = $1');
  }

  private async tables(): Promise<string[]> {
    const found = await this.database.query<{ name: string }>({
      text: `select c.table_name as name from information_schema.columns c
        join information_schema.tables t using (table_schema, table_name)
        where c.column_name = 'user_id' and c.table_schema = 'public' and t.table_type = 'BASE TABLE'`,
    });
    return found.map(({ name }) => name).filter((name) => !NOT_SYNCED.includes(name));
  }

  async save(): Promise<SavedRows> {
    const saved: SavedRows = new Map();
    for (const table of await this.tables()) {
      const rows = await this.rows<{ row: Json }>(
        `select to_jsonb(t) as row from ${table} t where user_id = $1`,
      );
      saved.set(
        table,
        rows.map(({ row }) => row),
      );
    }
    return saved;
  }

  /** The account's rows are what they were; then the operator says so, as the command line does. Gives the new epoch. */
  async restore(saved: SavedRows): Promise<number> {
    await this.database.transaction(async (sql) => {
      for (const [table, rows] of saved) {
        await sql.query({ text: `delete from ${table} where user_id = $1`, values: [this.userId] });
        await sql.query({
          text: `insert into ${table} select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
          values: [JSON.stringify(rows)],
        });
      }
    });
    await restored.read([])(this.app.app);
    return this.epoch();
  }
}
