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
  const pixel = new Phone(api, shapes, {
    name: 'Pixel',
    deviceId,
    platform: 'android',
    says: fieldsSaid(past),
  });
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

/**
 * What each side holds, counted.
 * @param {Stage} stage
 * @param {Record<string, import('./digest.mjs').Digest>} sides
 */
function showHoldings({ shapes }, sides) {
  const lists = shapes.filter(({ isSingle }) => !isSingle).map(({ name }) => name);
  const names = [...new Set([...HEADINGS.keys(), ...lists])];
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
export async function claimAgreement(stage) {
  const { api, pixel, iphone } = stage;
  const server = (await api.ask('GET', '/api/sync/digest', { token: pixel.token })).collections;
  const sides = { [pixel.name]: pixel.digest(), [iphone.name]: iphone.digest(), server };
  showHoldings(stage, sides);
  const differing = Object.entries(sides).flatMap(([side, digest]) =>
    Object.keys(server)
      .filter((name) => digest[name].hash !== server[name].hash)
      .map((name) => `${name} of the ${side}`),
  );
  same('digests of their own copies prove that both phones hold what the server holds', differing, []);
}

/**
 * @param {string} text
 * @param {{ status: number, body: Record<string, any> }} answer
 * @param {number} expected
 * @param {string} code
 */
export function claimRefused(text, { status, body }, expected, code) {
  claim(`${text}: ${expected}, “${body.error}”`, status === expected && body.code === code, body);
}
