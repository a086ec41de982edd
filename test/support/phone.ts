import type { TestApp } from './app.js';
import { Api } from './api.js';

export type WireRecord = Record<string, unknown> & { clientId: string; serverId?: string | null };

export interface PushAnswer {
  syncTime: number;
  epoch: number;
  idMappings: Record<string, Record<string, string>>;
  rejected: {
    collection: string;
    clientId: string | null;
    code: string;
    field: string | null;
    message: string;
    retryable: boolean;
  }[];
  superseded: { collection: string; record: WireRecord }[];
}

export type PullAnswer = {
  syncTime: number;
  hasMore: boolean;
  resync: boolean;
  epoch: number;
  gamificationStats: WireRecord | null;
} & Record<string, WireRecord[]>;

export interface Account {
  userId: string;
  email: string;
  token: string;
}

/** A new account with premium. */
export async function premiumAccount(app: Pick<TestApp, 'url' | 'owner'>): Promise<Account> {
  const { user, token } = await new Api(app.url).signUp();
  await app.owner.query({
    text: `update users set subscription_status = 'premium' where id = $1`,
    values: [user.id],
  });
  return { userId: user.id, email: user.email, token };
}

/** A device that speaks the protocol as a phone does. */
export class Phone {
  constructor(
    readonly url: string,
    readonly token: string,
    readonly deviceId: string,
  ) {}

  /** Sends a request as it is; fails the test unless it is answered with 200. */
  async request(what: 'push', body: object): Promise<PushAnswer>;
  async request(what: 'pull', body: object): Promise<PullAnswer>;
  async request(what: string, body: object): Promise<unknown> {
    const { status, body: answer } = await this.send(`/api/sync/${what}`, body);
    if (status !== 200) throw new Error(`${what} was answered with ${status}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async send(path: string, body: object): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: this.deviceId, platform: 'android', lastSync: 0, ...body }),
    });
    return { status: response.status, body: await response.json() };
  }

  /** The status as this device would ask for it. */
  async status(lastSync?: number): Promise<{ pendingChanges: number; lastSync: number | null }> {
    const query = new URLSearchParams({ deviceId: this.deviceId });
    if (lastSync !== undefined) query.set('lastSync', String(lastSync));
    const { status, body } = await new Api(this.url).get(`/api/sync/status?${query.toString()}`, {
      token: this.token,
    });
    if (status !== 200) throw new Error(`status was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  }
}
