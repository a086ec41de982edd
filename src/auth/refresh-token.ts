import { createHmac, type KeyObject } from 'node:crypto';
import type { OwnedToken } from './owned-token.js';

export { makeOwnedToken as makeRefreshToken, readOwnedToken as readRefreshToken } from './owned-token.js';

/** A refresh token as its holder sends it and as the database knows it. */
export type RefreshCredential = OwnedToken;

/**
 * The secret of the token that follows another in this attempt to exchange it: always the same one, so that an attempt
 * whose answer was lost can be repeated. Nobody can know it without the token, the attempt and the key of this server.
 */
export const successorSecret = ({ secret }: RefreshCredential, attempt: string, key: KeyObject): Buffer =>
  createHmac('sha256', key).update('refresh-successor\0').update(secret).update(attempt).digest();
