import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, sign as signWith } from 'node:crypto';
import { AUDIENCE, ISSUER } from '../../src/auth/access-token.js';
import { SECRET } from '../bench/lab/accounts.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller, type Person } from './tools/people.js';

type Claims = Record<string, unknown>;

const base64 = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const hmac = (signed: string, algorithm = 'sha256', secret = SECRET) =>
  createHmac(algorithm, secret).update(signed).digest('base64url');

/** A token whose signature is right for what its header says. */
function signed(claims: Claims, header: { alg?: string } & Claims = {}, secret = SECRET): string {
  const head = { ...header, alg: header.alg ?? 'HS256', typ: 'JWT' };
  const text = `${base64(head)}.${base64(claims)}`;
  return `${text}.${hmac(text, `sha${head.alg.slice(2)}`, secret)}`;
}

const DAY_SECONDS = 86_400;

function wrongAlgorithms(claims: Claims): [string, string][] {
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = createPublicKey(keys.privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const rs = `${base64({ alg: 'RS256', typ: 'JWT' })}.${base64(claims)}`;
  const none = (alg: string) => `${base64({ alg, typ: 'JWT' })}.${base64(claims)}.`;
  return [
    ...['none', 'None', 'NONE', 'nOnE', ''].map((alg): [string, string] => [`alg "${alg}"`, none(alg)]),
    ['alg none with a signature', `${none('none')}${hmac(none('none'))}`],
    ['HS384 with our secret', signed(claims, { alg: 'HS384' })],
    ['HS512 with our secret', signed(claims, { alg: 'HS512' })],
    [
      'RS256 of a key of mine',
      `${rs}.${signWith('sha256', Buffer.from(rs), keys.privateKey).toString('base64url')}`,
    ],
    ['RS256 in name, HMAC with our secret', `${rs}.${hmac(rs)}`],
    ['HS256 with a public key as secret', signed(claims, {}, pem)],
    ['my own key in the header (jwk)', signed(claims, { jwk: { kty: 'oct', k: base64('mine') } }, 'mine')],
    ['a key elsewhere (jku)', signed(claims, { jku: 'http://127.0.0.1:1/keys' }, 'mine')],
    ['a certificate elsewhere (x5u)', signed(claims, { x5u: 'http://127.0.0.1:1/keys' }, 'mine')],
    ...['../../../../dev/null', "' union select 'mine' --", '/etc/passwd', 'mine'].map(
      (kid): [string, string] => [`kid ${kid}`, signed(claims, { kid }, kid === 'mine' ? kid : '')],
    ),
    ['an empty secret', signed(claims, {}, '')],
    ['another secret', signed(claims, {}, 'another-secret-of-forgers-long-enough')],
    ['crit that must be understood, another key', signed(claims, { crit: ['exp'] }, 'mine')],
  ];
}

function wrongClaims(claims: Claims, other: Person): [string, string][] {
  const now = Math.floor(Date.now() / 1000);
  const variants: Claims = {
    aud: ['another-api', '', null, undefined, [], 7, { $ne: '' }],
    iss: ['somebody', '', null, undefined, [], 7],
    typ: ['refresh', 'Access', '', null, undefined, 7, ['access']],
    exp: [now - 1, now - DAY_SECONDS, 0, -1, null, undefined, String(now + DAY_SECONDS), '1e99', true],
    sub: [
      other.id,
      randomUUID(),
      "' or 1=1 --",
      '',
      null,
      undefined,
      7,
      [claims.sub],
      '00000000-0000-0000-0000-000000000000',
    ],
    sid: [randomUUID(), "' or 1=1 --", '', null, undefined, 7, [claims.sid]],
    nbf: [now + 3600],
  };
  return Object.entries(variants).flatMap(([name, values]) =>
    (values as unknown[]).map((value): [string, string] => [
      `${name} ${JSON.stringify(value) ?? 'left out'}`,
      signed({ ...claims, [name]: value }),
    ]),
  );
}

function damaged(token: string, { refreshToken }: Person, other: Person): [string, string][] {
  const [header, payload, signature] = token.split('.');
  const [, otherPayload] = other.token.split('.');
  return [
    ['another one’s claims', `${header}.${otherPayload}.${signature}`],
    ['a refresh token', refreshToken],
    ['no signature', `${header}.${payload}.`],
    ['two parts', `${header}.${payload}`],
    ['four parts', `${token}.${signature}`],
    ['cut by one', token.slice(0, -1)],
    ['cut in half', token.slice(0, token.length / 2)],
    ['one more at the end', `${token}A`],
    [
      'a changed signature',
      `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
    ],
    ['an array for claims', `${header}.${base64([])}.${hmac(`${header}.${base64([])}`)}`],
    ['text for claims', `${header}.${base64('claims')}.${hmac(`${header}.${base64('claims')}`)}`],
    ['dots', '..'],
    ['a word', 'undefined'],
    ['nothing', ''],
    ['10,000 letters', 'a'.repeat(10_000)],
  ];
}

/** Every way to make or misuse a token that we know of. The secret is known here, as no forger knows it. */
export async function forgedTokens(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const caller = new Caller(scene, (await scene.serve(home)).url);
  const [mine, other] = [await caller.signUp(), await caller.signUp()];
  const claims = JSON.parse(Buffer.from(mine.token.split('.')[1], 'base64url').toString()) as Claims;
  const forged = [
    ...wrongAlgorithms(claims),
    ...wrongClaims({ ...claims, iss: ISSUER, aud: AUDIENCE }, other),
    ...damaged(mine.token, mine, other),
  ];
  const checks = new Checks();
  const routes = ['/api/auth/me', '/api/sync/status', '/api/sessions'];
  for (const [what, token] of forged)
    for (const route of routes) {
      const { status } = await caller.get(route, token);
      checks.check(status === 401, `${what} at ${route}: ${status}`);
    }
  const swapped = await caller.post('/api/auth/refresh', { refreshToken: mine.token });
  checks.check(swapped.status === 401, `an access token as refresh token: ${swapped.status}`);
  // What makes the refusals mean something: the same hand makes a good one.
  const genuine = await caller.get('/api/auth/me', signed(claims));
  checks.check(genuine.status === 200, `a genuine one made by the same hand: ${genuine.status}`);
  return {
    promise: 'Tokens have one algorithm, an expiry, an audience and a type; any other is refused.',
    done: `${forged.length} forged or misused tokens at ${routes.length} routes each, made with the server’s own secret where that helps the forger`,
    figure: checks.figure(`${checks.number - 1} refused with 401`),
    held: checks.held,
  };
}
