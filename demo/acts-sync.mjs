import { act, claim, count, same, say } from './check.mjs';
import { ACCOUNT, claimAgreement } from './stage.mjs';
import { firstGeneration, MINUTE, plainSet, recount, routine, setLike, workout } from './training.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

const rowsOf = (/** @type {Record<string, any>} */ body) => Object.values(body).filter(Array.isArray).flat();

/** Milliseconds since a moment of performance.now(), in words. */
const since = (/** @type {number} */ start) => `${Math.round(performance.now() - start)} ms`;

/** Saves records by collection. */
async function saveAll(/** @type {import('./phone.mjs').Phone} */ { records }, /** @type {object} */ made) {
  for (const [collection, rows] of Object.entries(made)) await records.saveAll(collection, rows);
}

export async function twoYearsArrive(/** @type {Stage} */ { pixel }) {
  act('Two years of training arrive');
  const { pending } = pixel.manager.getStatus();
  pixel.sent = [];
  const start = performance.now();
  const { pushed, pulled } = await pixel.manager.syncAll();
  const pushes = pixel.sent.filter(({ path }) => path === '/api/sync/push').length;
  say(
    `The Pixel pushes ${count(pending)} records in ${pushes} requests; with the pull it took ${since(start)}.`,
  );
  same('the server took them all', pushed, { accepted: pending, refused: 0, superseded: 0 });
  const rows = await pixel.records.all('sessions');
  claim(
    'and gave every one its server id',
    rows.every(({ record }) => typeof record.serverId === 'string'),
  );
  same('the pull that follows brings nothing: a phone is not sent what it holds', pulled.received, 0);
}

export async function newPhone(/** @type {Stage} */ stage) {
  const { iphone, pixel } = stage;
  act('She signs in on a new iPhone');
  await iphone.signIn(iphone.api.logIn(ACCOUNT));
  const pending = await iphone.pending();
  say(`The status announces ${count(pending)} records. The iPhone syncs.`);
  /** @type {Set<string>} */
  const shown = new Set();
  const end = iphone.manager.subscribe(({ progress }) => {
    if (progress?.total) shown.add(`${progress.done} of ${progress.total}`);
  });
  const { pulled } = await iphone.manager.syncAll();
  end();
  same('they come, as many as announced', pulled.received, pending);
  same('meanwhile its progress bar had these numbers', [...shown], [`1000 of ${pending}`]);
  same('now nothing is pending', await iphone.pending(), 0);
  const [record] = await pixel.records.list('records');
  const copy = await iphone.records.get('records', String(record.serverId));
  say('The Pixel numbers its records 1, 2, 3 …, which means nothing on another phone:');
  same(`its record number ${record.clientId} came under its server id`, copy?.clientId, record.serverId);
  await claimAgreement(stage);
}

export async function trainOffline(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('She trains with the iPhone where there is no network');
  const made = workout(Date.now() - 120 * MINUTE);
  await saveAll(iphone, made);
  await recount(iphone);
  const sent = rowsOf(made).length + 1;
  say(`${made.sessions.length} sets with all their fields, phase statistics, a record, a badge, new totals.`);
  same('the Pixel has nothing to fetch yet', await pixel.pending(), 0);
  const { pushed } = await iphone.manager.syncAll();
  same(`back at home the iPhone pushes these ${sent} records and nothing else; all are taken`, pushed, {
    accepted: sent,
    refused: 0,
    superseded: 0,
  });
  same('they are pending for the Pixel', await pixel.pending(), sent);
  const { pulled } = await pixel.manager.syncAll();
  same('which fetches them', pulled.received, sent);
  await claimAgreement(stage);
}

export async function loseAnswer(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal } = stage;
  act('An answer is lost');
  const { clientId } = await iphone.records.save(
    'sessions',
    setLike(await iphone.lastSet(), Date.now() - 90 * MINUTE),
  );
  await recount(iphone);
  say('One more set. The push reaches the server, but the connection breaks before the answer is back.');
  iphone.loseNextAnswer();
  await iphone.manager.pushChanges().catch(() => undefined);
  await iphone.manager.refreshStatus();
  const { state, pending } = iphone.manager.getStatus();
  same('the iPhone is offline, and both records count as unsent', [state, pending], ['offline', 2]);
  const before = (await portal.digest()).collections;
  say('It cannot know, and sends the same again.');
  await iphone.manager.pushChanges();
  const set = await iphone.records.get('sessions', clientId);
  const given = iphone.lostAnswer.idMappings.sessions[clientId];
  claim('it is answered as it was the first time, the same server id and all', set?.serverId === given, set);
  same('and nothing has changed by it', (await portal.digest()).collections, before);
  await iphone.manager.pullChanges();
  await pixel.manager.syncAll();
  const copies = (await pixel.records.list('sessions')).filter(({ serverId }) => serverId === given);
  same('the Pixel gets the set once', copies.length, 1);
  await claimAgreement(stage);
}

export async function pushEverythingAgain(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal, past } = stage;
  act('One set, with an app of the first generation');
  await pixel.records.save('sessions', plainSet(Date.now() - 60 * MINUTE));
  await recount(pixel);
  const request = await firstGeneration(past, pixel.records);
  const sent = rowsOf(request).length + 1;
  const start = performance.now();
  const { rejected } = await pixel.api.push({ ...request, deviceId: pixel.deviceId });
  say(
    `After every set it pushes all it has, with the few fields it knows: ${count(sent)} records, ${since(start)}.`,
  );
  same('all are taken', rejected, []);
  const { pulled } = await pixel.manager.syncAll();
  same('it is sent nothing back', pulled.received, 0);
  same('for the iPhone that is the one set and the new totals', await iphone.pending(), 2);
  await iphone.manager.syncAll();
  const sets = await iphone.records.list('sessions');
  const measured = sets.find(({ peakForceConcentricA }) => Number(peakForceConcentricA) > 0);
  claim('the sets of the iPhone keep the forces it measured, of which such an app knows nothing', !!measured);
  const { versions } = await portal.history('sessions', String(measured?.serverId));
  same('and repeating them has left no trace in their history', versions, []);
  await claimAgreement(stage);
}

export async function buildRoutine(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('She puts together a routine on the iPhone');
  const made = routine(iphone.now());
  await saveAll(iphone, made);
  const [{ name, clientId }] = made.routines;
  const { pushed } = await iphone.manager.syncAll();
  same(
    `“${name}”: a superset and ${made.routineExercises.length} exercises, all taken`,
    [pushed.accepted, pushed.refused],
    [made.routineExercises.length + 2, 0],
  );
  await pixel.manager.syncAll();
  const copy = await pixel.records.get('routines', clientId);
  const parts = (await pixel.records.list('routineExercises')).filter(
    ({ routineId }) => routineId === copy?.clientId,
  );
  same('the Pixel has it, with its parts', parts.length, made.routineExercises.length);
  await claimAgreement(stage);
}
