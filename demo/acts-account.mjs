import { MemoryTokens, PortalApi } from '@phoenix-portal/client';
import { act, claim, same, say, show } from './check.mjs';
import { ACCOUNT, claimRefused } from './stage.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

export async function signUp(/** @type {Stage} */ { pixel, portal }) {
  act('Maria signs up on her Pixel');
  say('There are two years of training on it.');
  const user = await pixel.signIn(pixel.api.signUp({ ...ACCOUNT, displayName: 'Maria' }));
  same('she has an account', [user.email, user.isPremium], [ACCOUNT.email, false]);
  await claimRefused('without premium nothing is synced', pixel.manager.syncAll(), 403, 'premium.required');
  const { state, pending } = pixel.manager.getStatus();
  claim(
    'the phone knows why, and keeps everything: the app shows the upgrade prompt',
    state === 'notPremium' && pending > 1000,
    state,
  );
  await portal.logIn(ACCOUNT);
}

const YEAR = 365 * 24 * 60 * 60_000;

export async function grantPremium(/** @type {Stage} */ { server, pixel }) {
  act('She buys premium; an operator enters it while the server runs');
  const until = new Date(Date.now() + YEAR).toISOString().slice(0, 10);
  show(`$ npm run cli -- subscription grant ${ACCOUNT.email} --until ${until}`);
  show(await server.command('subscription', 'grant', ACCOUNT.email, '--until', until));
  const { subscriptionStatus, subscriptionExpiresAt, ...rest } = await pixel.api.syncStatus({
    deviceId: pixel.deviceId,
  });
  claim(
    `the Pixel, with the token it has, is told: ${subscriptionStatus} until ${subscriptionExpiresAt}`,
    subscriptionStatus === 'premium' && String(subscriptionExpiresAt).startsWith(until),
    rest,
  );
}

export async function logOut(/** @type {Stage} */ { server, pixel, iphone }) {
  act('The iPhone is sold');
  const stolen = await iphone.tokens.read();
  await iphone.api.logOut();
  await iphone.manager.syncAll().catch(() => undefined);
  same('it is logged out: it asks to sign in', iphone.manager.getStatus().state, 'signedOut');
  const thief = new PortalApi({ baseUrl: server.url, tokens: new MemoryTokens(stolen) });
  await claimRefused(
    'whoever copied its tokens is refused at once',
    causeOf(thief.me()),
    401,
    'auth.token_revoked',
  );
  const { pulled } = await pixel.manager.syncAll();
  same('the Pixel, signed in for itself, goes on syncing; there is nothing new', pulled.received, 0);
}

/** The portal’s own words behind “please sign in”. */
const causeOf = (/** @type {Promise<unknown>} */ work) =>
  work.catch((/** @type {Error} */ error) => {
    throw error.cause ?? error;
  });
