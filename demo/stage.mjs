import { COLLECTION_NAMES, MemoryTokens, PortalApi, PortalError } from '@phoenix-portal/client';
import { claim, count, same, show } from './check.mjs';
import { Phone } from './phone.mjs';
import { twoYears } from './training.mjs';

/** @typedef {Awaited<ReturnType<typeof setUp>>} Stage */

export const ACCOUNT = { email: 'maria@example.org', password: 'correct horse battery staple' };

/**
 * Who takes part: the server, two phones that do not know of it yet, and a portal in a browser.
 * @param {import('./server.mjs').ThrowAwayServer} server
 */
export async function setUp(server) {
  const past = twoYears(Date.now());
  const pixel = new Phone(server.url, { name: 'Pixel', deviceId: past.deviceId, platform: 'android' });
  await remember(pixel, past);
  const iphone = new Phone(server.url, {
    name: 'iPhone',
    deviceId: '5B7C0E9A-3F0D-4B57-9C53-0A8E4D1D2C11',
    platform: 'ios',
  });
  const portal = new PortalApi({ baseUrl: server.url, tokens: new MemoryTokens() });
  return { server, pixel, iphone, portal, past };
}

/** Records that were made long ago: the phone’s clock showed that time. */
async function remember(/** @type {Phone} */ phone, /** @type {import('./training.mjs').Push} */ past) {
  for (const name of COLLECTION_NAMES)
    for (const row of [past[name] ?? []].flat()) {
      phone.clockError = row.updatedAt - Date.now();
      await phone.records.save(name, row);
    }
  phone.clockError = 0;
}

/** What the columns of the table below are called, in this order; others come last, under their own name. */
const HEADINGS = new Map([
  ['sessions', 'sets'],
  ['records', 'records'],
  ['phaseStats', 'phase stats'],
  ['routines', 'routines'],
  ['supersets', 'supersets'],
  ['routineExercises', 'in routines'],
  ['exercises', 'own exercises'],
  ['badges', 'badges'],
]);

/** The totals are one record, and are left out. */
const TOTALS = 'gamificationStats';

/**
 * What each side holds, counted.
 * @param {Record<string, import('@phoenix-portal/client').Digest>} sides
 */
function showHoldings(sides) {
  const names = [...new Set([...HEADINGS.keys(), ...COLLECTION_NAMES])].filter((name) => name !== TOTALS);
  const headings = names.map((name) => HEADINGS.get(name) ?? name);
  const line = (/** @type {string} */ side, /** @type {readonly string[]} */ cells) =>
    `${side.padEnd(7)}${cells.map((cell, i) => cell.padStart(headings[i].length + 2)).join('')}`;
  const lines = Object.entries(sides).map(([side, digest]) =>
    line(
      side,
      names.map((name) => count(digest[name]?.count ?? 0)),
    ),
  );
  show([line('', headings), ...lines].join('\n'));
}

/**
 * The proof: each phone computes from its own copies what the server computes from its tables.
 * @param {Stage} stage
 */
export async function claimAgreement({ pixel, iphone, portal }) {
  /** @type {string[]} */
  const differing = [];
  /** @type {Record<string, import('@phoenix-portal/client').Digest>} */
  const sides = {};
  for (const phone of [pixel, iphone]) {
    const own = await phone.manager.digest();
    const { collections } = await phone.api.digest({ deviceId: phone.deviceId });
    sides[phone.name] = own;
    for (const name of Object.keys(collections))
      if (own[name]?.hash !== collections[name].hash) differing.push(`${name} of the ${phone.name}`);
  }
  sides.server = (await portal.digest()).collections;
  showHoldings(sides);
  same('digests of their own copies prove that both phones hold what the server holds', differing, []);
}

/**
 * @param {string} text
 * @param {Promise<unknown>} work
 * @param {number} status
 * @param {string} code
 */
export async function claimRefused(text, work, status, code) {
  const error = await work.then(
    () => undefined,
    (/** @type {unknown} */ thrown) => thrown,
  );
  const isRefused = error instanceof PortalError && error.status === status && error.code === code;
  claim(`${text}: ${status}, “${isRefused ? error.title : ''}”`, isRefused, String(error));
}
