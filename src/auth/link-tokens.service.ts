import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { makeOwnedToken, type OwnedToken, readOwnedToken } from './owned-token.js';

const HOUR_MS = 3_600_000;

/** How long a link may be followed, from the moment the e-mail goes out. */
const LIFE_MS = { confirm: 72 * HOUR_MS, reset: HOUR_MS } as const;

/** What a link is for. */
export type LinkPurpose = keyof typeof LIFE_MS;

const PUT = `
  insert into link_tokens (user_id, purpose, token_hash, email, expires_at) values ($1, $2, $3, $4, $5)
  on conflict (user_id, purpose) do update
    set token_hash = excluded.token_hash, email = excluded.email, expires_at = excluded.expires_at`;

/** One that was sent to an address the account no longer has is good for nothing. */
const VALID = `
  user_id = $1 and purpose = $2 and token_hash = $3 and expires_at > $4
  and email = (select u.email from users u where u.id = $1)`;

/** Secrets of links sent by e-mail: 32 random bytes, good once, until they expire or a newer one is made. */
@Injectable()
export class LinkTokens {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Makes the one before it void. In the transaction that holds the lock of the user's row. */
  async make(tx: Sql, to: { userId: string; email: string }, purpose: LinkPurpose): Promise<string> {
    const { token, tokenHash } = makeOwnedToken(to.userId);
    const expiresAt = this.clock.now() + LIFE_MS[purpose];
    await tx.query({ text: PUT, values: [to.userId, purpose, tokenHash, to.email, expiresAt] });
    return token;
  }

  /** Whose it is and where it was sent, without using it; null if it is not good. */
  async look(token: string, purpose: LinkPurpose): Promise<{ userId: string; email: string } | null> {
    const read = readOwnedToken(token);
    if (read === null) return null;
    const text = `select email from link_tokens where ${VALID}`;
    const sql = this.database.of(read.userId);
    const [found] = await sql.query<{ email: string }>({ text, values: this.values(read, purpose) });
    return found === undefined ? null : { userId: read.userId, email: found.email };
  }

  /** Uses it up, in the transaction that holds the lock of the user's row. @returns whether it was good. */
  async use(tx: Sql, token: string, purpose: LinkPurpose): Promise<boolean> {
    const read = readOwnedToken(token);
    if (read === null) return false;
    const text = `delete from link_tokens where ${VALID} returning email`;
    return (await tx.query({ text, values: this.values(read, purpose) })).length > 0;
  }

  /** Makes all void, those that are still to be sent not included. */
  async voidAll(tx: Sql, userId: string): Promise<void> {
    await tx.query({ text: 'delete from link_tokens where user_id = $1', values: [userId] });
  }

  private values({ userId, tokenHash }: OwnedToken, purpose: LinkPurpose): unknown[] {
    return [userId, purpose, tokenHash, this.clock.now()];
  }
}
