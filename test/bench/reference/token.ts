import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

/** The user id of a bearer token with a good signature that has not expired; null of any other. */
export function tokenReader(secret: string): (header: string | undefined) => string | null {
  const key = createSecretKey(Buffer.from(secret));
  return (header) => {
    if (!header?.startsWith('Bearer ')) return null;
    const [head, payload, signature] = header.slice('Bearer '.length).split('.');
    if (head === undefined || payload === undefined || signature === undefined) return null;
    const wanted = createHmac('sha256', key).update(`${head}.${payload}`).digest();
    const given = Buffer.from(signature, 'base64url');
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
    const { sub, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      sub: string;
      exp: number;
    };
    return exp * 1000 > Date.now() ? sub : null;
  };
}
