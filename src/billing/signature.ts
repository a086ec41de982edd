import { createHmac } from 'node:crypto';
import { isSameSecret } from '../common/same-secret.js';

export const SIGNATURE_HEADER = 'x-revenuecat-webhook-signature';

/** Each attempt is signed anew, so this need not cover the hours of retries; it bounds how long a copy can be replayed. */
export const SIGNATURE_TOLERANCE_MS = 5 * 60_000;

export interface Signed {
  /** `t=<epoch seconds>,v1=<hex>`; while a secret is being exchanged there are several `v1`. */
  header: string | undefined;
  body: Buffer;
}

/** HMAC-SHA256 over `<t>.<body>`, the body as the bytes that came. */
export function isSigned({ header, body }: Signed, secret: string, now: number): boolean {
  const parts = (header ?? '').split(',').map((part) => part.trim());
  const time = parts.find((part) => part.startsWith('t='))?.slice(2) ?? '';
  if (!/^\d{1,12}$/.test(time)) return false;
  if (Math.abs(now - Number(time) * 1000) > SIGNATURE_TOLERANCE_MS) return false;
  const right = createHmac('sha256', secret).update(`${time}.`).update(body).digest('hex');
  const given = parts.filter((part) => part.startsWith('v1=')).map((part) => part.slice(3).toLowerCase());
  return given.some((each) => isSameSecret(each, right));
}
