/** Who is calling, as the guard found it in the database at the time of the request; nothing in it is read from the token. */
export interface AuthUser {
  /** uuid */
  id: string;
  email: string;
  displayName: string;
  isPremium: boolean;
  subscriptionStatus: string;
  /** Epoch ms; null: without end. */
  subscriptionExpiresAt: number | null;
  /** The sign-in (token family) the access token belongs to. */
  sessionId: string;
  /** When the access token ends, epoch ms: an answer that goes on beyond it is judged again. */
  tokenExpiresAt: number;
}
