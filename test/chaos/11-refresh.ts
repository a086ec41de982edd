import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller } from './tools/people.js';
import type { Heard } from './tools/wire.js';

/** Two processes of one database, and what is expected of both. */
class Line {
  readonly checks = new Checks();

  constructor(readonly callers: readonly [Caller, Caller]) {}

  refresh(refreshToken: string, through = 0): Promise<Heard> {
    return this.callers[through].post('/api/auth/refresh', { refreshToken });
  }

  expect(what: string, { status }: Heard, wanted: number): void {
    this.checks.check(status === wanted, `${what}: ${status} instead of ${wanted}`);
  }
}

/** A phone that keeps what it is given. */
async function careful(line: Line): Promise<void> {
  let { refreshToken: held } = await line.callers[0].signUp();
  for (let turn = 0; turn < 10; turn++) {
    const answer = await line.refresh(held, turn % 2);
    line.expect(`exchange ${turn}`, answer, 200);
    line.checks.check(answer.body.refreshToken !== held, 'the same token came back');
    held = answer.body.refreshToken;
  }
}

/** An answer does not arrive; the phone asks again. */
async function lost(line: Line): Promise<void> {
  const { refreshToken } = await line.callers[0].signUp();
  line.expect('the exchange whose answer is lost', await line.refresh(refreshToken), 200);
  const again = await line.refresh(refreshToken, 1);
  line.expect('the same once more', again, 200);
  line.expect('what came of it', await line.refresh(again.body.refreshToken), 200);
}

/** Somebody has copied a token that was exchanged long ago. */
async function robbed(line: Line): Promise<void> {
  const [here] = line.callers;
  const { refreshToken } = await here.signUp();
  const first = await line.refresh(refreshToken);
  const second = await line.refresh(first.body.refreshToken);
  line.expect('a replayed token', await line.refresh(refreshToken, 1), 401);
  line.expect('the newest token of that family', await line.refresh(second.body.refreshToken), 401);
  line.expect(
    'the newest access token of that family',
    await here.get('/api/auth/me', second.body.token),
    401,
  );
}

/** One token eight times at once: whatever is answered, one that lives comes of it. */
async function crowded(line: Line): Promise<void> {
  const { refreshToken } = await line.callers[0].signUp();
  const crowd = await Promise.all(Array.from({ length: 8 }, (_, i) => line.refresh(refreshToken, i % 2)));
  line.checks.check(
    crowd.every(({ status }) => status === 200 || status === 401),
    `eight at once: ${crowd.map(({ status }) => status).join(', ')}`,
  );
  const given = crowd.filter(({ status }) => status === 200);
  const next = await Promise.all(given.map(({ body }) => line.refresh(body.refreshToken)));
  const living = next.filter(({ status }) => status === 200).length;
  line.checks.check(living <= 1, `one token was exchanged for ${living} that live`);
}

/** Sequences of refresh tokens a careful phone, one with a bad line, and a thief would send. */
export async function refreshTokens(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const [here, there] = [await scene.serve(home), await scene.serve(home)].map(
    ({ url }) => new Caller(scene, url),
  );
  const line = new Line([here, there]);
  for (const sequence of [careful, lost, robbed, crowded]) await sequence(line);
  const { checks } = line;
  return {
    promise:
      'Refresh tokens are good for one exchange; an old one ends the whole sign-in; one lost answer logs nobody out.',
    done: 'ten exchanges in turn between two processes; a lost answer; a replayed token; eight exchanges of one token at once',
    figure: checks.figure(`${checks.number} of ${checks.number} steps as promised`),
    held: checks.held,
  };
}
