import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import type { Sql } from '../database/sql.js';
import { type AccessClaims, signingKey } from './access-token.js';
import {
  makeRefreshToken,
  readRefreshToken,
  type RefreshCredential,
  successorSecret,
} from './refresh-token.js';

/** How long a refresh token that was just exchanged may come once more without naming its attempt. */
const REUSE_GRACE_MS = 10_000;

const DAY_SECONDS = 86_400;

export interface TokenPair {
  token: string;
  refreshToken: string;
  /** Seconds the access token lives. */
  expiresIn: number;
}

interface Family {
  userId: string;
  sessionId: string;
}

/** A refresh token as the database holds it, read under the lock of its family. */
interface HeldToken {
  used_at: string | null;
  expires_at: string;
  replaced_by: Buffer | null;
  successor_unused: boolean;
}

/** A fresh token, or the one that an attempt got before. */
type Successor = ReturnType<typeof makeRefreshToken>;

/** Makes the family and takes away those of the same user whose every token has expired. */
const OPEN_FAMILY = `
  with dead as (delete from auth_sessions where user_id = $1 and last_used_at < $4)
  insert into auth_sessions (user_id, id, created_at, last_used_at) values ($1, $2, $3, $3)`;

const ISSUE = `
  insert into refresh_tokens (user_id, token_hash, session_id, issued_at, expires_at) values ($1, $2, $3, $4, $5)`;

/** A statement of its own, before any that reads: what is read after it is what the last holder of the lock left. */
const LOCK_FAMILY = `
  select id, revoked_at from auth_sessions
  where user_id = $1 and id = (select session_id from refresh_tokens where user_id = $1 and token_hash = $2)
  for update`;

const READ_TOKEN = `
  select held.used_at, held.expires_at, held.replaced_by,
    successor.token_hash is not null and successor.used_at is null as successor_unused
  from refresh_tokens held
  left join refresh_tokens successor on successor.user_id = held.user_id and successor.token_hash = held.replaced_by
  where held.user_id = $1 and held.token_hash = $2`;

/** $3: the token that was sent and, after a lost answer, the successor nobody has seen. $4 takes their place. */
const REPLACE = `
  with swept as (delete from refresh_tokens where user_id = $1 and session_id = $2 and expires_at <= $5),
    touched as (update auth_sessions set last_used_at = $5 where user_id = $1 and id = $2)
  update refresh_tokens set used_at = coalesce(used_at, $5), replaced_by = $4
  where user_id = $1 and token_hash = any($3)`;

const TOUCH_FAMILY = 'update auth_sessions set last_used_at = $3 where user_id = $1 and id = $2';

const REVOKE_FAMILY = `
  update auth_sessions set revoked_at = $3 where user_id = $1 and id = $2 and revoked_at is null`;

const REVOKE_ALL = 'update auth_sessions set revoked_at = $2 where user_id = $1 and revoked_at is null';

/**
 * Access and refresh tokens. Invariants: a family (a row of auth_sessions) has at most one unused refresh token; no
 * token of a revoked family is accepted; the exchanges and the revocation of a family exclude each other by its row
 * lock.
 */
@Injectable()
export class TokensService {
  private readonly accessSeconds: number;
  private readonly refreshMs: number;
  private readonly key: KeyObject;

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly jwt: JwtService,
  ) {
    this.accessSeconds = env.accessTokenDays * DAY_SECONDS;
    this.refreshMs = env.refreshTokenDays * DAY_SECONDS * 1000;
    this.key = signingKey(env);
  }

  /** Begins a new family, in the transaction that holds the lock of the user's row. */
  async openFamily(tx: Sql, userId: string): Promise<TokenPair> {
    const family = { userId, sessionId: uuidv7() };
    const now = this.clock.now();
    const allExpired = now - Math.max(this.refreshMs, this.accessSeconds * 1000);
    await tx.query({ text: OPEN_FAMILY, values: [userId, family.sessionId, now, allExpired] });
    const { token, tokenHash } = makeRefreshToken(userId);
    await this.issue(tx, family, tokenHash, now);
    return this.pair(family, token, now);
  }

  /**
   * Exchanges a refresh token for a new pair. Each is good for one exchange; whoever sends an older one holds a copy, so
   * the whole family ends, its access tokens too. Two exceptions keep a phone signed in whose answer was lost, both for
   * the token exchanged last and as long as its successor is unused. With the same `attempt` it gets that successor again,
   * at any time. Without, within REUSE_GRACE_MS, it gets a fresh one; the first is then passed over and counts as used.
   * See docs/decisions/0002-refresh-token-grace.md.
   * @throws AppError auth.refresh_token_invalid, auth.token_revoked, auth.token_reused
   */
  async rotate(
    refreshToken: string,
    attempt: string | null = null,
  ): Promise<{ userId: string; pair: TokenPair }> {
    const credential = readRefreshToken(refreshToken);
    if (credential === null) throw new AppError('auth.refresh_token_invalid');
    // A refusal is a value until the transaction is over: thrown inside, it would take back the revocation.
    const outcome = await this.database
      .of(credential.userId)
      .transaction({ mode: 'write' }, (tx) => this.exchange(tx, credential, attempt));
    if (outcome instanceof AppError) throw outcome;
    return { userId: credential.userId, pair: outcome };
  }

  /** Ends one sign-in: none of its tokens is accepted from now on. */
  async revoke(sql: Sql, { userId, sessionId }: Family): Promise<void> {
    await sql.query({ text: REVOKE_FAMILY, values: [userId, sessionId, this.clock.now()] });
  }

  /** Ends every sign-in of the user, in the transaction that holds the lock of the user's row. */
  async revokeAll(tx: Sql, userId: string): Promise<void> {
    await tx.query({ text: REVOKE_ALL, values: [userId, this.clock.now()] });
  }

  private async exchange(
    tx: Sql,
    credential: RefreshCredential,
    attempt: string | null,
  ): Promise<TokenPair | AppError> {
    const { userId, tokenHash } = credential;
    const [locked] = await tx.query<{ id: string; revoked_at: string | null }>({
      text: LOCK_FAMILY,
      values: [userId, tokenHash],
    });
    if (locked === undefined) return new AppError('auth.refresh_token_invalid');
    if (locked.revoked_at !== null) return new AppError('auth.token_revoked');
    const family = { userId, sessionId: locked.id };
    const now = this.clock.now();
    const [held] = await tx.query<HeldToken>({ text: READ_TOKEN, values: [userId, tokenHash] });
    if (held === undefined || Number(held.expires_at) <= now)
      return new AppError('auth.refresh_token_invalid');
    const successor = this.successorOf(credential, attempt);
    if (held.successor_unused && held.replaced_by?.equals(successor.tokenHash)) {
      await tx.query({ text: TOUCH_FAMILY, values: [userId, family.sessionId, now] });
      return this.pair(family, successor.token, now);
    }
    if (held.used_at !== null && !mayComeAgain(held, now)) {
      await this.revoke(tx, family);
      return new AppError('auth.token_reused');
    }
    // The successor of an attempt is issued once: after it was passed over it stays spent.
    const fresh = held.used_at === null ? successor : makeRefreshToken(userId);
    await this.issue(tx, family, fresh.tokenHash, now);
    const spent = held.replaced_by === null ? [tokenHash] : [tokenHash, held.replaced_by];
    await tx.query({ text: REPLACE, values: [userId, family.sessionId, spent, fresh.tokenHash, now] });
    return this.pair(family, fresh.token, now);
  }

  private successorOf(credential: RefreshCredential, attempt: string | null): Successor {
    const secret = attempt === null ? undefined : successorSecret(credential, attempt, this.key);
    return makeRefreshToken(credential.userId, secret);
  }

  private async issue(tx: Sql, { userId, sessionId }: Family, tokenHash: Buffer, now: number): Promise<void> {
    const values = [userId, tokenHash, sessionId, now, now + this.refreshMs];
    await tx.query({ text: ISSUE, values });
  }

  private pair({ userId, sessionId }: Family, refreshToken: string, now: number): TokenPair {
    const iat = Math.floor(now / 1000);
    const exp = iat + this.accessSeconds;
    const claims: AccessClaims = { sub: userId, sid: sessionId, typ: 'access', iat, exp };
    return { token: this.jwt.sign(claims), refreshToken, expiresIn: this.accessSeconds };
  }
}

const mayComeAgain = (held: HeldToken, now: number): boolean =>
  held.successor_unused && now - Number(held.used_at) <= REUSE_GRACE_MS;
