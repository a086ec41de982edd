import { createHmac, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { type Answer, Api } from './api.js';

export const AUTHORIZATION = 'Bearer the-webhook-of-tests-is-not-open-to-all';

export type StoreEventBody = Record<string, unknown> & { type: string };

interface Webhook {
  api_version: string;
  event: StoreEventBody;
}

const DOCUMENTED = JSON.parse(fs.readFileSync('test/fixtures/revenuecat-events.json', 'utf8')) as Record<
  string,
  Webhook
>;

export const EVENT_TYPES = Object.keys(DOCUMENTED);

/** An event in the shape in which RevenueCat documents its type, under an id of its own. */
export function storeEvent(type: string, changes: Record<string, unknown> = {}): StoreEventBody {
  const documented = DOCUMENTED[type];
  if (documented === undefined) throw new Error(`there is no fixture of ${type}`);
  return { ...documented.event, id: randomUUID(), ...changes, type };
}

/** The same for one customer, known by this name alone. */
export const eventOf = (name: string, type: string, changes: Record<string, unknown> = {}) =>
  storeEvent(type, { app_user_id: name, original_app_user_id: name, aliases: [name], ...changes });

export const transferOf = (from: string[], to: string[], changes: Record<string, unknown> = {}) =>
  storeEvent('TRANSFER', { transferred_from: from, transferred_to: to, ...changes });

export const signatureOf = (text: string, secret: string, atMs: number): string => {
  const seconds = Math.floor(atMs / 1000);
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex')}`;
};

/** RevenueCat, as far as this server sees it. */
export class RevenueCat {
  constructor(private readonly url: string) {}

  send(event: object, headers: Record<string, string> = {}): Promise<Answer> {
    return new Api(this.url).post('/api/billing/revenuecat', {
      body: { api_version: '1.0', event },
      headers: { authorization: AUTHORIZATION, ...headers },
    });
  }

  /** Fails the test unless the event is taken. @returns what became of it. */
  async tell(event: object): Promise<string> {
    const { status, body } = await this.send(event);
    if (status !== 200) throw new Error(`the event was answered with ${status}: ${JSON.stringify(body)}`);
    return body.outcome;
  }
}
