import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';

/** A refresh token as its holder sends it and as the database knows it. */
export interface RefreshCredential {
  userId: string;
  tokenHash: Buffer;
  secret: Buffer;
}

const USER_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * On the wire a refresh token is 64 characters of base64url: whose it is, so that the owner leads every key, and 32
 * random bytes. Only the hash of those is stored; being random they need no salt and no slow hash.
 */
export function makeRefreshToken(
  userId: string,
  secret: Buffer = randomBytes(SECRET_BYTES),
): { token: string; tokenHash: Buffer } {
  return { token: Buffer.concat([parse(userId), secret]).toString('base64url'), tokenHash: hashOf(secret) };
}

/** null for anything that is not even shaped like a refresh token. */
export function readRefreshToken(token: string): RefreshCredential | null {
  if (!/^[\w-]{64}$/.test(token)) return null;
  const bytes = Buffer.from(token, 'base64url');
  const owner = bytes.subarray(0, USER_BYTES);
  try {
    const secret = bytes.subarray(USER_BYTES);
    return { userId: stringify(owner), tokenHash: hashOf(secret), secret };
  } catch {
    // Sixteen bytes that are no UUID of any version.
    return null;
  }
}

/**
 * The secret of the token that follows another in this attempt to exchange it: always the same one, so that an attempt
 * whose answer was lost can be repeated. Nobody can know it without the token, the attempt and the key of this server.
 */
export const successorSecret = ({ secret }: RefreshCredential, attempt: string, key: KeyObject): Buffer =>
  createHmac('sha256', key).update('refresh-successor\0').update(secret).update(attempt).digest();

const hashOf = (secret: Buffer): Buffer => createHash('sha256').update(secret).digest();
