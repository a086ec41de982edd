import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller } from './tools/people.js';

/** Sequences of refresh tokens a careful phone, one with a bad line, and a thief would send. */
export async function refreshTokens(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const servers = [await scene.serve(home), await scene.serve(home)];
  const [caller, elsewhere] = servers.map(({ url }) => new Caller(scene, url));
  const checks = new Checks();
  const refresh = (refreshToken: string, through = caller) =>
    through.post('/api/auth/refresh', { refreshToken });
  const expect = (what: string, { status }: { status: number }, wanted: number) =>
    checks.check(status === wanted, `${what}: ${status} instead of ${wanted}`);

  const careful = await caller.signUp();
  let held = careful.refreshToken;
  for (let turn = 0; turn < 10; turn++) {
    const answer = await refresh(held, turn % 2 === 0 ? caller : elsewhere);
    expect(`exchange ${turn}`, answer, 200);
    checks.check(answer.body.refreshToken !== held, 'the same token came back');
    held = answer.body.refreshToken;
  }

  const lost = await caller.signUp();
  expect('the exchange whose answer is lost', await refresh(lost.refreshToken), 200);
  const again = await refresh(lost.refreshToken, elsewhere);
  expect('the same once more', again, 200);
  expect('what came of it', await refresh(again.body.refreshToken), 200);

  const robbed = await caller.signUp();
  const first = await refresh(robbed.refreshToken);
  const second = await refresh(first.body.refreshToken);
  expect('a replayed token', await refresh(robbed.refreshToken, elsewhere), 401);
  expect('the newest token of that family', await refresh(second.body.refreshToken), 401);
  expect('the newest access token of that family', await caller.get('/api/auth/me', second.body.token), 401);

  const atOnce = await caller.signUp();
  const crowd = await Promise.all(
    Array.from({ length: 8 }, (_, i) => refresh(atOnce.refreshToken, i % 2 === 0 ? caller : elsewhere)),
  );
  checks.check(
    crowd.every(({ status }) => status === 200 || status === 401),
    `eight at once: ${crowd.map(({ status }) => status).join(', ')}`,
  );
  const usable = await Promise.all(
    crowd.filter(({ status }) => status === 200).map(({ body }) => refresh(body.refreshToken)),
  );
  checks.check(
    usable.filter(({ status }) => status === 200).length <= 1,
    'one token was exchanged for several that live',
  );
  return {
    promise:
      'Refresh tokens are good for one exchange; an old one ends the whole sign-in; one lost answer logs nobody out.',
    done: 'ten exchanges in turn between two processes; a lost answer; a replayed token; eight exchanges of one token at once',
    figure: checks.figure(`${checks.number} of ${checks.number} steps as promised`),
    held: checks.held,
  };
}
