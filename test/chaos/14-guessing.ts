import { randomUUID } from 'node:crypto';
import { newEmail } from '../support/api.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller } from './tools/people.js';

const TRIES = 25;
const LIMIT = 20;

/** Each try from somewhere else, as far as its headers say. */
const disguise = (n: number): Record<string, string> => ({
  'x-forwarded-for': `198.51.100.${n}, 203.0.113.${n}`,
  'x-real-ip': `198.51.100.${n}`,
  forwarded: `for=198.51.100.${n}`,
  'user-agent': randomUUID(),
});

/** Letter case and spaces are the same account to the server, and so to the limit. */
const spelt = (email: string, n: number) => [email, email.toUpperCase(), ` ${email} `][n % 3];

/** Wrong passwords for one account, for a made-up one, one after another and all at once, through two processes. */
export async function guessing(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const env = { RATE_LIMIT: 'on' };
  const callers = [await scene.serve(home, env), await scene.serve(home, env)].map(
    ({ url }) => new Caller(scene, url),
  );
  const checks = new Checks();
  let latest = 0;
  const guess = (email: string, n: number) =>
    callers[n % 2].post('/api/auth/login', { email, password: `guess ${n}` }, { headers: disguise(n) });
  const known = await callers[0].signUp();

  for (const email of [known.email, newEmail()]) {
    const answers = [];
    for (let n = 1; n <= TRIES; n++) answers.push((await guess(spelt(email, n), n)).status);
    const first = answers.indexOf(429) + 1;
    latest = Math.max(latest, first === 0 ? Infinity : first);
    checks.check(first > 0 && first <= LIMIT, `the first 429 came at try ${first === 0 ? 'never' : first}`);
    checks.check(
      answers.slice(LIMIT - 1).every((status) => status === 429),
      `after it: ${answers.slice(LIMIT - 1).join(', ')}`,
    );
  }
  const crowded = await callers[0].signUp();
  const atOnce = await Promise.all(Array.from({ length: 60 }, (_, n) => guess(crowded.email, n)));
  const seen = atOnce.filter(({ status }) => status !== 429 && status !== 503).length;
  checks.check(seen < LIMIT, `of 60 tries at once ${seen} were looked at`);
  const right = await callers[0].post('/api/auth/login', {
    email: crowded.email,
    password: crowded.password,
  });
  checks.check(right.status === 429, `the right password after that: ${right.status}`);
  return {
    promise:
      'Guessing is slowed per account: refused by the 20th wrong try, wherever requests say they come from.',
    done: `${TRIES} wrong tries at a known and at an unknown address, spelt in three ways, each with other X-Forwarded-For, X-Real-IP and Forwarded; 60 tries at once; two processes`,
    figure: checks.figure(`429 at try ${latest}; ${seen} of 60 at once were looked at`),
    held: checks.held,
  };
}
