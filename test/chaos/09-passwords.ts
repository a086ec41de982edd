import { newEmail, PASSWORD } from '../support/api.js';
import { median } from '../bench/measure/statistics.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller } from './tools/people.js';

const ROUNDS = { usual: 60, full: 400 } as const;
/** How far the medians may be apart. */
const RATIO = 1.3;
const COMMON = ['password', '12345678', 'qwertyuiop', 'Password1', 'iloveyou1', 'football1'];

async function lengths(caller: Caller, checks: Checks): Promise<void> {
  const signUp = async (password: string) => {
    const email = newEmail();
    return { email, status: (await caller.post('/api/auth/signup', { email, password })).status };
  };
  const logIn = async (email: string, password: string) =>
    (await caller.post('/api/auth/login', { email, password })).status;
  const unusual = 'zX9 ünïcode 😀 '.repeat(40);
  const of = (length: number) => Array.from(unusual).slice(0, length).join('');
  for (const [length, wanted] of [
    [7, 400],
    [8, 201],
    [72, 201],
    [256, 201],
    [257, 400],
    [5000, 400],
  ]) {
    const { status } = await signUp(length > 500 ? 'y7'.repeat(length / 2) : of(length));
    checks.check(status === wanted, `${length} characters: ${status}`);
  }
  for (const length of [73, 100, 256]) {
    const password = of(length);
    const { email } = await signUp(password);
    checks.check((await logIn(email, password)) === 200, `${length} characters do not sign in`);
    const other = `${of(length - 1)}#`;
    checks.check((await logIn(email, other)) === 401, `the last of ${length} characters does not count`);
    checks.check(
      (await logIn(email, password.trim())) === (password.trim() === password ? 200 : 401),
      'spaces are cut',
    );
  }
  for (const password of COMMON) {
    const { status } = await signUp(password);
    checks.check(status === 400, `the common password ${password}: ${status}`);
  }
}

/** Pairs of an address that has an account and one that has none, in turns: what changes with time meets both. */
async function ratio(
  ask: (email: string) => Promise<{ ms: number }>,
  emails: readonly [string, string][],
): Promise<number> {
  const times: [number[], number[]] = [[], []];
  for (const [i, pair] of emails.entries())
    for (const which of i % 2 === 0 ? [0, 1] : [1, 0]) times[which].push((await ask(pair[which])).ms);
  const [known, unknown] = times.map(median);
  return Math.max(known, unknown) / Math.min(known, unknown);
}

/** Rules of passwords, and whether answers or their time tell who has an account. */
export async function passwords(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const caller = new Caller(scene, (await scene.serve(home)).url);
  const checks = new Checks();
  await lengths(caller, checks);
  const { email } = await caller.signUp();
  const rounds = scene.full ? ROUNDS.full : ROUNDS.usual;
  const pairs = Array.from({ length: rounds }, (): [string, string] => [email, newEmail()]);
  const logIn = (address: string) =>
    caller.post('/api/auth/login', { email: address, password: `${PASSWORD}!` });
  const forgot = (address: string) => caller.post('/api/auth/password/forgot', { email: address });
  const found: string[] = [];
  for (const [what, ask] of [
    ['log-in', logIn],
    ['forgotten password', forgot],
  ] as const) {
    const [known, unknown] = [await ask(email), await ask(newEmail())].map(({ status, body }) =>
      JSON.stringify({ status, ...body, requestId: '' }),
    );
    checks.check(known === unknown, `${what}: ${known} for a known address, ${unknown} for an unknown one`);
    const times = await ratio(ask, pairs);
    checks.check(times < RATIO, `${what}: times differ by ${times.toFixed(2)}`);
    found.push(`${what} ${times.toFixed(2)}`);
  }
  return {
    promise:
      'Passwords have 8 to 256 characters, are never cut, and common ones are refused; nobody learns who has an account.',
    done: `lengths from 7 to 5,000, passwords that differ in their last character, common ones; ${rounds} pairs of known and unknown addresses in turns`,
    figure: checks.figure(
      `the same answers; times of known and unknown addresses differ by a factor of: ${found.join(', ')} (medians)`,
    ),
    held: checks.held,
  };
}
