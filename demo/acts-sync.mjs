import { act, claim, count, same, say } from './check.mjs';
import { claimAgreement, logIn } from './stage.mjs';
import { MINUTE, plainSet, recount, routine, setLike, workout } from './training.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

const rowsOf = (/** @type {Record<string, any>} */ body) => Object.values(body).filter(Array.isArray).flat();

/** Milliseconds since a moment of performance.now(), in words. */
const since = (/** @type {number} */ start) => `${Math.round(performance.now() - start)} ms`;

export async function twoYearsArrive(/** @type {Stage} */ { pixel }) {
  act('Two years of training arrive');
  const body = pixel.pushBody();
  const sent = rowsOf(body).length + 1;
  const start = performance.now();
  const { pushed, received } = await pixel.sync();
  say(`The Pixel pushes ${count(sent)} records in one request; with the pull it took ${since(start)}.`);
  same('the server took them all', pushed.rejected, []);
  const ids = Object.values(pushed.idMappings).flatMap((mapping) => Object.keys(mapping));
  same('and gave every one its server id', ids.length, sent - 1);
  same('the pull that follows brings nothing: a phone is not sent what it holds', received, 0);
}

export async function newPhone(/** @type {Stage} */ stage) {
  const { iphone, pixel } = stage;
  act('She signs in on a new iPhone');
  iphone.token = await logIn(stage);
  const pending = await iphone.pending();
  say(`The status announces ${count(pending)} records. The iPhone pulls.`);
  const { received } = await iphone.sync();
  same('they come, as many as announced', received, pending);
  same('now nothing is pending', await iphone.pending(), 0);
  const [record] = pixel.store.rows('records');
  const copy = iphone.store.get('records', record.serverId);
  say('The Pixel numbers its records 1, 2, 3 …, which means nothing on another phone:');
  same(`its record number ${record.clientId} came under its server id`, copy.clientId, record.serverId);
  await claimAgreement(stage);
}

export async function trainOffline(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('She trains with the iPhone where there is no network');
  const made = workout(Date.now() - 120 * MINUTE);
  for (const [collection, rows] of Object.entries(made))
    for (const row of rows) iphone.store.add(collection, row);
  recount(iphone.store, iphone.now());
  const sent = rowsOf(made).length + 1;
  say(`${made.sessions.length} sets with all their fields, phase statistics, a record, a badge, new totals.`);
  same('the Pixel has nothing to fetch yet', await pixel.pending(), 0);
  const { pushed } = await iphone.sync();
  same(
    `back at home the iPhone pushes these ${sent} records and nothing else; all are taken`,
    pushed.rejected,
    [],
  );
  same('they are pending for the Pixel', await pixel.pending(), sent);
  const { received } = await pixel.sync();
  same('which fetches them', received, sent);
  await claimAgreement(stage);
}

export async function loseAnswer(/** @type {Stage} */ stage) {
  const { api, pixel, iphone } = stage;
  act('An answer is lost');
  const last = /** @type {import('./shapes.mjs').Row} */ (iphone.store.rows('sessions').at(-1));
  const set = iphone.store.add('sessions', setLike(last, Date.now() - 90 * MINUTE));
  recount(iphone.store, iphone.now());
  say('One more set. The push reaches the server, but the connection breaks before the answer is back.');
  const lost = await iphone.push({ isLost: true });
  const before = await api.ask('GET', '/api/sync/digest', { token: iphone.token });
  say('The iPhone cannot know, and sends the same again.');
  const again = await iphone.push();
  same('it is answered as it was the first time, the same server id and all', again, lost);
  same(
    'and nothing has changed by it',
    await api.ask('GET', '/api/sync/digest', { token: iphone.token }),
    before,
  );
  await iphone.pull();
  await pixel.sync();
  const copies = pixel.store.rows('sessions').filter(({ serverId }) => serverId === set.serverId);
  same('the Pixel gets the set once', copies.length, 1);
  await claimAgreement(stage);
}

export async function pushEverythingAgain(/** @type {Stage} */ stage) {
  const { api, pixel, iphone } = stage;
  act('One set on the Pixel');
  pixel.store.add('sessions', plainSet(Date.now() - 60 * MINUTE));
  recount(pixel.store, pixel.now());
  const sent = rowsOf(pixel.pushBody()).length + 1;
  const start = performance.now();
  const { received } = await pixel.sync();
  say(
    `After every set an app of the first generation pushes all it has: ${count(sent)} records, ${since(start)}.`,
  );
  same('it is sent nothing back', received, 0);
  same('for the iPhone that is the one set and the new totals', await iphone.pending(), 2);
  await iphone.sync();
  const measured = iphone.store.rows('sessions').find(({ peakForceConcentricA }) => peakForceConcentricA > 0);
  claim(
    'the sets of the iPhone keep the forces it measured, of which the Pixel knows nothing',
    measured !== undefined,
  );
  const { versions } = await api.ask('GET', `/api/sync/history/sessions/${measured?.serverId}`, {
    token: pixel.token,
  });
  same('and repeating them has left no trace in their history', versions, []);
  await claimAgreement(stage);
}

export async function buildRoutine(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('She puts together a routine on the iPhone');
  const made = routine(iphone.now());
  for (const [collection, rows] of Object.entries(made))
    for (const row of rows) iphone.store.add(collection, row);
  const [{ name }] = made.routines;
  const { pushed } = await iphone.sync();
  same(`“${name}”: a superset and ${made.routineExercises.length} exercises, all taken`, pushed.rejected, []);
  await pixel.sync();
  const copy = pixel.store.get('routines', made.routines[0].clientId);
  const parts = pixel.store.live('routineExercises').filter(({ routineId }) => routineId === copy.clientId);
  same('the Pixel has it, with its parts', parts.length, made.routineExercises.length);
  await claimAgreement(stage);
}
