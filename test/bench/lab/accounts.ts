import { createHmac, createSecretKey, randomUUID } from 'node:crypto';
import type { Client } from 'pg';
import { type AccessClaims, AUDIENCE, ISSUER } from '../../../src/auth/access-token.js';
import type { Account } from '../driver/protocol.js';

/** Both servers verify tokens with it, so that one token serves for both. */
export const SECRET = 'a secret that exists for the time of one measurement';

const DAY_SECONDS = 86_400;
const base64 = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = base64({ alg: 'HS256', typ: 'JWT' });
const key = createSecretKey(Buffer.from(SECRET));

function tokenFor(userId: string, sessionId: string, lifeSeconds: number): string {
  const iat = Math.floor(Date.now() / 1000);
  const claims: AccessClaims = { sub: userId, sid: sessionId, typ: 'access', iat, exp: iat + lifeSeconds };
  const signed = `${HEADER}.${base64({ ...claims, iss: ISSUER, aud: AUDIENCE })}`;
  return `${signed}.${createHmac('sha256', key).update(signed).digest('base64url')}`;
}

export interface NewAccount extends Account {
  sessionId: string;
}

/** Accounts of both servers. Signing up through the API would cost 20 ms of argon2 each. */
export const makeAccounts = (count: number, lifeSeconds = DAY_SECONDS): NewAccount[] =>
  Array.from({ length: count }, () => {
    const [userId, sessionId] = [randomUUID(), randomUUID()];
    return { userId, sessionId, deviceId: randomUUID(), token: tokenFor(userId, sessionId, lifeSeconds) };
  });

/** With premium and one sign-in each, as `auth.service.ts` leaves them. */
export async function insertAccounts(client: Client, accounts: readonly NewAccount[]): Promise<void> {
  const ids = accounts.map(({ userId }) => userId);
  const now = Date.now();
  await client.query(
    `insert into users (id, email, display_name, password_hash, subscription_status, created_at, updated_at)
       select id, id || '@example.org', 'Somebody', 'none', 'premium', $2::bigint, $2::bigint
       from unnest($1::uuid[]) id`,
    [ids, now],
  );
  await client.query(
    `insert into auth_sessions (user_id, id, created_at, last_used_at)
       select user_id, id, $3::bigint, $3::bigint from unnest($1::uuid[], $2::uuid[]) s(user_id, id)`,
    [ids, accounts.map(({ sessionId }) => sessionId), now],
  );
  await client.query('insert into sync_clock (user_id, clock) select id, 0 from unnest($1::uuid[]) id', [
    ids,
  ]);
}

export async function insertReferenceAccounts(
  client: Client,
  accounts: readonly NewAccount[],
): Promise<void> {
  await client.query(
    `insert into account (user_id, clock, subscription_status) select id, 0, 'premium' from unnest($1::uuid[]) id`,
    [accounts.map(({ userId }) => userId)],
  );
}
