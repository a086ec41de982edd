import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { Caller, type Person } from './tools/people.js';

const NEW_PASSWORD = 'another horse, another battery';

/** What ends a sign-in; each is followed at once by the old token, at the other process too. */
const ENDINGS: readonly [
  what: string,
  path: string,
  method: string,
  body: (person: Person) => object | undefined,
][] = [
  ['log-out', '/api/auth/logout', 'POST', () => undefined],
  [
    'change of password',
    '/api/auth/password',
    'POST',
    ({ password }) => ({ currentPassword: password, newPassword: NEW_PASSWORD }),
  ],
  ['deletion', '/api/auth/me', 'DELETE', ({ password }) => ({ password })],
];

export async function atOnce(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const callers = [await scene.serve(home), await scene.serve(home)].map(({ url }) => new Caller(scene, url));
  const checks = new Checks();
  const rounds = scene.full ? 50 : 5;
  for (let round = 0; round < rounds; round++)
    for (const [what, path, method, bodyOf] of ENDINGS) {
      const person = await callers[0].signUp();
      const second = await callers[1].logIn(person);
      // Both processes have seen both tokens: whatever they keep of them must not count.
      for (const caller of callers)
        for (const { token } of [person, second])
          checks.check((await caller.get('/api/auth/me', token)).status === 200, 'a good token was refused');
      const ended = await callers[round % 2].send(method, path, {
        token: person.token,
        body: bodyOf(person),
      });
      checks.check(ended.status === 200, `${what}: ${ended.status}`);
      // A log-out ends one sign-in, the others end all.
      const gone = what === 'log-out' ? [person] : [person, second];
      for (const caller of callers)
        for (const { token, refreshToken } of gone) {
          const answers = [
            await caller.get('/api/auth/me', token),
            await caller.get('/api/sync/status', token),
            await caller.post('/api/auth/refresh', { refreshToken }),
          ];
          for (const { status } of answers) checks.check(status === 401, `after ${what}: ${status}`);
        }
    }
  return {
    promise: 'Log-out, change of password and deletion take effect with the next request.',
    done: `${rounds} times each, two sign-ins, two processes that had both tokens in use; then token and refresh token at once at both`,
    figure: checks.figure('0 requests answered after the end'),
    held: checks.held,
  };
}
