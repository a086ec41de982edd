import { v4 as uuid } from 'uuid';
import type { components } from './openapi.js';
import { PortalError } from './portal-error.js';
import { type Tokens, type TokenStore, updateTokens } from './tokens.js';

export type SignedIn = components['schemas']['SignedInDto'];
export type RefreshRequest = components['schemas']['RefreshDto'];

/** How long before its end a token is renewed, so that it does not expire on the way. */
const MARGIN_MS = 60_000;

const STALE_CODES: readonly string[] = ['auth.token_expired', 'auth.token_invalid', 'auth.token_revoked'];

/** Whether an error may be gone with another access token. */
export const isStale = (error: unknown): boolean =>
  error instanceof PortalError && error.status === 401 && STALE_CODES.includes(error.code);

/** The portal's own refusal; a captive portal's 401 has no such code. */
const isRefusal = (error: unknown): boolean =>
  error instanceof PortalError && error.status === 401 && error.code.startsWith('auth.');

/**
 * The sign-in of this device. Invariants: one renewal at a time; tokens are removed only by logging out or when the portal
 * itself refuses the refresh token that is kept at that moment, never because of the network. The attempt to renew is
 * saved before it is sent, so that one whose answer was lost can be repeated however much later, and tabs or processes
 * that renew at once send the same and get the same.
 */
export class SignIn {
  private renewing: Promise<Tokens> | null = null;

  constructor(
    private readonly store: TokenStore,
    private readonly now: () => number,
    private readonly refresh: (body: RefreshRequest) => Promise<SignedIn>,
  ) {}

  /** Tokens of which the access token has some time left. @throws PortalError client.signed_out */
  async usable(): Promise<Tokens> {
    if (this.renewing !== null) return this.renewing;
    const held = await this.store.read();
    if (held === null) throw new PortalError('client.signed_out');
    return this.isDue(held) ? this.renewed(held.token) : held;
  }

  /** Tokens other than those whose access token is no good. @throws PortalError client.signed_out */
  renewed(stale: string): Promise<Tokens> {
    this.renewing ??= this.renew(stale).finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  /** What is kept of the sign-in, whether it still is good or not. */
  held(): Promise<Tokens | null> {
    return this.store.read();
  }

  /** Keeps the tokens of a sign-in. */
  async keep(signedIn: SignedIn): Promise<void> {
    await this.store.write(this.tokensOf(signedIn));
  }

  async forget(): Promise<void> {
    await this.store.write(null);
  }

  private async renew(stale: string): Promise<Tokens> {
    // Read again: another tab or process may have renewed it by now.
    const held = await updateTokens(this.store, (tokens) =>
      tokens === null || tokens.attempt !== null || !this.needsRenewal(tokens, stale)
        ? tokens
        : { ...tokens, attempt: uuid() },
    );
    if (held === null) throw new PortalError('client.signed_out');
    if (!this.needsRenewal(held, stale)) return held;
    const { refreshToken, attempt } = held;
    const replaceBy = (next: Tokens | null) =>
      updateTokens(this.store, (tokens) => (tokens?.refreshToken === refreshToken ? next : tokens));
    try {
      const signedIn = await this.refresh({ refreshToken, attempt });
      return present(await replaceBy(this.tokensOf(signedIn)));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return present(await replaceBy(null), error);
    }
  }

  private needsRenewal(tokens: Tokens, stale: string): boolean {
    return tokens.token === stale || this.isDue(tokens);
  }

  /** By the time that has passed here. A clock that was set back says nothing; the portal will. */
  private isDue({ receivedAt, expiresInMs }: Tokens): boolean {
    return this.now() - receivedAt >= expiresInMs - Math.min(MARGIN_MS, expiresInMs / 2);
  }

  private tokensOf({ token, refreshToken, expiresIn, user }: SignedIn): Tokens {
    const expiresInMs = expiresIn * 1000;
    return { token, refreshToken, userId: user.id, receivedAt: this.now(), expiresInMs, attempt: null };
  }
}

function present(tokens: Tokens | null, cause?: unknown): Tokens {
  if (tokens === null) throw new PortalError('client.signed_out', { cause });
  return tokens;
}
