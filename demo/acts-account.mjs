import { act, claim, same, say, show } from './check.mjs';
import { ACCOUNT, claimRefused } from './stage.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

export async function signUp(/** @type {Stage} */ { api, pixel }) {
  act('Maria signs up on her Pixel');
  say('Her app is of the first generation and has two years of training in it.');
  const { status, body } = await api.send('POST', '/api/auth/signup', {
    body: { ...ACCOUNT, displayName: 'Maria' },
  });
  same('she has an account: 201', status, 201);
  pixel.token = body.token;
  const refused = await api.send('POST', '/api/sync/push', { token: pixel.token, body: pixel.pushBody() });
  claimRefused('without premium nothing is synced', refused, 403, 'premium.required');
  const state = await api.ask('GET', '/api/sync/status', { token: pixel.token });
  same(
    'the status is open to her, and says why: the app shows the upgrade prompt',
    state.subscriptionStatus,
    'free',
  );
}

const YEAR = 365 * 24 * 60 * 60_000;

export async function grantPremium(/** @type {Stage} */ { server, api, pixel }) {
  act('She buys premium; an operator enters it while the server runs');
  const until = new Date(Date.now() + YEAR).toISOString().slice(0, 10);
  show(`$ npm run cli -- subscription grant ${ACCOUNT.email} --until ${until}`);
  show(await server.command('subscription', 'grant', ACCOUNT.email, '--until', until));
  const state = await api.ask('GET', '/api/sync/status', { token: pixel.token });
  claim(
    `the Pixel, with the token it has, is told: ${state.subscriptionStatus} until ${state.subscriptionExpiresAt}`,
    state.subscriptionStatus === 'premium' && state.subscriptionExpiresAt.startsWith(until),
    state,
  );
}

export async function logOut(/** @type {Stage} */ { api, pixel, iphone }) {
  act('The iPhone is sold');
  await api.ask('POST', '/api/auth/logout', { token: iphone.token });
  const body = { deviceId: iphone.deviceId, lastSync: iphone.lastSync };
  const refused = await api.send('POST', '/api/sync/pull', { token: iphone.token, body });
  claimRefused('it is logged out, and its very next request is refused', refused, 401, 'auth.token_revoked');
  const { received } = await pixel.sync();
  same('the Pixel, signed in for itself, goes on syncing; there is nothing new', received, 0);
}
