import { createSecretKey, type KeyObject } from 'node:crypto';
import type { Env } from '../config/env.js';

export const ISSUER = 'phoenix-portal';
export const AUDIENCE = 'phoenix-portal-api';
/** The one algorithm tokens are made and read with. */
export const ALGORITHM = 'HS256';

/** What an access token says. Nothing about rights: those are read from the database with every request. */
export interface AccessClaims {
  /** User id. */
  sub: string;
  /** Sign-in id. */
  sid: string;
  /** Tells access tokens from anything else this key may ever sign. */
  typ: 'access';
  /** Epoch seconds, as RFC 7519 has it. */
  iat: number;
  exp: number;
}

/** A KeyObject, not a string: jsonwebtoken tries a string as a public key first, which costs 350 µs a request. */
export const signingKey = (env: Env): KeyObject => createSecretKey(Buffer.from(env.jwtSecret, 'utf8'));
