import { createHash, randomBytes } from 'node:crypto';
import { parse, stringify } from 'uuid';

/** A secret of an account as its holder sends it and as the database knows it. */
export interface OwnedToken {
  userId: string;
  tokenHash: Buffer;
  secret: Buffer;
}

const USER_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * On the wire such a token is 64 characters of base64url: whose it is, so that the owner leads every key, and 32
 * random bytes. Only the hash of those is stored; being random they need no salt and no slow hash.
 */
export function makeOwnedToken(
  userId: string,
  secret: Buffer = randomBytes(SECRET_BYTES),
): { token: string; tokenHash: Buffer } {
  return { token: Buffer.concat([parse(userId), secret]).toString('base64url'), tokenHash: hashOf(secret) };
}

/** null for anything that is not even shaped like such a token. */
export function readOwnedToken(token: string): OwnedToken | null {
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

const hashOf = (secret: Buffer): Buffer => createHash('sha256').update(secret).digest();
