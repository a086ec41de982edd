/** Tokens remembered: 7 MB. */
const TOKENS_KEPT = 10_000;

/**
 * Tokens whose signature was found good, with what they say. Both never change; whatever may (expiry, sign-out, premium) is
 * judged anew with every request. A phone shows the same token for its whole life, and verifying it takes 10 µs of the 80
 * that an answer without news costs. The oldest make way.
 */
export class VerifiedTokens {
  private readonly claims = new Map<string, Record<string, unknown>>();

  get(token: string): Record<string, unknown> | undefined {
    return this.claims.get(token);
  }

  add(token: string, claims: Record<string, unknown>): void {
    this.claims.set(token, claims);
    if (this.claims.size <= TOKENS_KEPT) return;
    const [oldest] = this.claims.keys();
    if (oldest !== undefined) this.claims.delete(oldest);
  }
}
