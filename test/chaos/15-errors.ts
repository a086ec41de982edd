import { gzipSync } from 'node:zlib';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller } from './tools/people.js';
import type { Saying } from './tools/wire.js';

const PUSH = '/api/sync/push';
const json = { 'content-type': 'application/json' };

/** Requests that make every part of the server say no. */
const REQUESTS: readonly [method: string, path: string, saying?: Saying][] = [
  ['GET', '/'],
  ['GET', '/api'],
  ['GET', '/api/nothing/here'],
  ['GET', '/..%2f..%2fetc/passwd'],
  ['GET', '/api/docs/..%2f..%2fpackage.json'],
  ['GET', '/api/docs/%2e%2e/%2e%2e/package.json'],
  ['GET', '/api/%ff%fe'],
  ['GET', '/api/sessions/%00'],
  ['PUT', '/api/auth/me', { body: {} }],
  ['OPTIONS', PUSH],
  ['GET', '/api/sync/history/users/1'],
  ['GET', '/api/sync/history/sessions/%27%20or%201=1--'],
  ['GET', '/api/sessions?limit=-1'],
  ['GET', '/api/sessions?limit[]=1&limit[]=2'],
  ['GET', '/api/sessions?cursor=AAAA'],
  ['GET', '/api/totals?from=abc&timeZone=Nowhere/There'],
  ['GET', '/api/sync/status?lastSync=1e400'],
  ['POST', PUSH, { raw: '{' }],
  ['POST', PUSH, { raw: '' }],
  ['POST', PUSH, { raw: '[]' }],
  ['POST', PUSH, { raw: 'null' }],
  ['POST', PUSH, { raw: '"\\ud800"' }],
  ['POST', PUSH, { raw: Buffer.from([0xff, 0xfe, 0x00]) }],
  ['POST', PUSH, { raw: '{"deviceId":"a\\u0000b"}' }],
  ['POST', PUSH, { raw: '{"__proto__":{"x":1},"deviceId":"d"}' }],
  ['POST', PUSH, { body: { deviceId: { $ne: '' } } }],
  ['POST', PUSH, { body: { deviceId: 'd', lastSync: 'x' } }],
  ['POST', PUSH, { body: { deviceId: 'd', sessions: { a: 1 } } }],
  ['POST', PUSH, { raw: '{}', headers: { 'content-type': 'text/xml' } }],
  ['POST', PUSH, { raw: 'not gzip', headers: { ...json, 'content-encoding': 'gzip' } }],
  ['POST', PUSH, { raw: gzipSync('{"a"'), headers: { ...json, 'content-encoding': 'gzip' } }],
  ['POST', PUSH, { raw: '{}', headers: { ...json, 'content-encoding': 'zstd-or-so' } }],
  ['POST', '/api/auth/login', { body: { email: ['a'], password: {} } }],
  ['POST', '/api/auth/login', { body: { email: `${'x'.repeat(500)}@example.org`, password: '\u0000' } }],
  ['POST', '/api/auth/signup', { body: { email: "o'r@example.org' --", password: 'x' } }],
  ['POST', '/api/auth/signup', { raw: `"${'x'.repeat(1.5 * 1024 * 1024)}"` }],
  ['POST', '/api/auth/refresh', { body: { refreshToken: '../../../etc/passwd' } }],
  ['POST', '/api/sessions/x/metrics', { raw: '{"samples":[{"timestamp":1e400}]}' }],
  ['GET', '/api/auth/me', { headers: { authorization: 'Basic bWFyaWE6cHc=' } }],
  ['GET', '/api/auth/me', { headers: { 'x-long': 'x'.repeat(20_000) } }],
];

/** Asks for every error it can think of, and judges with them all refusals that this run has seen. */
export async function blankErrors(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const caller = new Caller(scene, (await scene.serve(home)).url);
  const [{ token }] = await scene.accounts(home, 1);
  const checks = new Checks();
  for (const [method, path, saying] of REQUESTS)
    for (const as of [undefined, token]) {
      const { status, body } = await caller.send(method, path, { token: as, ...saying });
      checks.check(status !== 0, `${method} ${path} was not answered: ${String(body).slice(0, 80)}`);
      checks.check(status < 500, `${method} ${path}: ${status}`);
    }
  const { witness } = scene.options;
  for (const fault of witness.faults) checks.check(false, fault);
  return {
    promise:
      'Errors are honest and blank: always problem+json with a code, never a stack, a statement or a path.',
    done: `${REQUESTS.length} requests that must be refused, with and without sign-in; and every refusal of all trials of this run searched`,
    figure: checks.figure(
      `${witness.refusals.toLocaleString('en-US')} refusals with ${witness.codes.size} codes, 0 that tell more than they should`,
    ),
    held: checks.held,
  };
}
