import { Api } from './api.mjs';
import { claim, count, same, show } from './check.mjs';
import { Phone } from './phone.mjs';
import { readShapes } from './shapes.mjs';
import { fieldsSaid, twoYears } from './training.mjs';

/** @typedef {Awaited<ReturnType<typeof setUp>>} Stage */

export const ACCOUNT = { email: 'maria@example.org', password: 'correct horse battery staple' };

/**
 * Who takes part: the server, two phones that do not know of it yet, and a portal.
 * @param {import('./server.mjs').ThrowAwayServer} server
 */
export async function setUp(server) {
  const api = new Api(server.url);
  const shapes = await readShapes(api);
  const past = twoYears(Date.now());
  const { deviceId } = past;
  const pixel = new Phone(api, shapes, { name: 'Pixel', deviceId, platform: 'android', says: fieldsSaid(past) });
  for (const { name } of shapes)
    for (const row of [past[name] ?? []].flat()) pixel.store.add(name, { ...row });
  const iphone = new Phone(api, shapes, {
    name: 'iPhone',
    deviceId: '5B7C0E9A-3F0D-4B57-9C53-0A8E4D1D2C11',
    platform: 'ios',
  });
  return { server, api, shapes, pixel, iphone, portal: { token: '' } };
}

/** Signs in anew: every device has a sign-in of its own. */
export async function logIn(/** @type {Stage} */ { api }) {
  return (await api.ask('POST', '/api/auth/login', { body: ACCOUNT })).token;
}

const HEADINGS = {
  sessions: 'sets',
  phaseStats: 'phase stats',
  routineExercises: 'in routines',
  exercises: 'own exercises',
};

/** What each side holds, counted. */
async function showHoldings(/** @type {Stage} */ stage, /** @type {Record<string, import('./digest.mjs').Digest>} */ sides) {
  const lists = stage.shapes.filter(({ isSingle }) => !isSingle).map(({ name }) => name);
  const headings = lists.map((name) => HEADINGS[/** @type {keyof typeof HEADINGS} */ (name)] ?? name);
  const line = (/** @type {string} */ side, /** @type {readonly string[]} */ cells) =>
    `${side.padEnd(8)}${cells.map((cell, i) => cell.padStart(headings[i].length + 2)).join('')}`;
  const lines = Object.entries(sides).map(([side, digest]) =>
    line(
      side,
      lists.map((name) => count(digest[name].count)),
    ),
  );
  show([line('', headings), ...lines].join('\n'));
}

/**
 * The proof: both phones compute from their own copies what the server computes from its tables.
 * @param {Stage} stage
 */
export async function claimAgreement(stage) {
  const { api, pixel, iphone } = stage;
  const server = (await api.ask('GET', '/api/sync/digest', { token: pixel.token })).collections;
  const sides = { [pixel.name]: pixel.digest(), [iphone.name]: iphone.digest(), server };
  await showHoldings(stage, sides);
  for (const { name } of [pixel, iphone]) {
    const differing = Object.keys(server).filter((each) => server[each].hash !== sides[name][each].hash);
    same(`the ${name} holds exactly what the server holds (its own digest of every collection says so)`, differing, []);
  }
}

/**
 * @param {string} text
 * @param {{ status: number, body: Record<string, any> }} answer
 * @param {number} status
 * @param {string} code
 */
export function claimRefused(text, { status, body }, status_, code) {
  claim(`${text}: ${status_}, “${body.error}”`, status === status_ && body.code === code, body);
}
