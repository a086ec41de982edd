import { act, claim, same, say, show } from './check.mjs';
import { claimAgreement, logIn } from './stage.mjs';
import { MINUTE, recount, setLike } from './training.mjs';

/**
 * @typedef {import('./stage.mjs').Stage} Stage
 * @typedef {import('./api.mjs').Json} Json
 */

const MODEL = 'Lower body, heavy';

/** The routine the acts below are about, by any phone’s copy. */
const routineId = (/** @type {Stage} */ { iphone }) => {
  const found = iphone.store.rows('routines').find(({ name }) => name === MODEL);
  if (!found?.serverId) throw new Error(`no routine is called ${MODEL}`);
  return found.serverId;
};

const nameOn = (/** @type {import('./phone.mjs').Phone} */ { store }, /** @type {any} */ id) =>
  store.get('routines', id).name;

export async function editOnBoth(/** @type {Stage} */ stage) {
  const { api, pixel, iphone } = stage;
  act('Both phones change the same routine, neither knowing of the other');
  const [{ serverId: id, name: original }] = pixel.store.rows('routines');
  const now = Date.now();
  pixel.edit('routines', id, { name: 'Arms, from the Pixel' }, now - 5 * MINUTE);
  iphone.edit('routines', id, { name: 'Arms, from the iPhone' }, now - 2 * MINUTE);
  say(
    `“${original}” becomes “${nameOn(pixel, id)}” five minutes ago, and “${nameOn(iphone, id)}” two minutes ago.`,
  );
  await iphone.sync();
  const { pushed } = await pixel.sync();
  say('The iPhone syncs first, then the Pixel with the older edit.');
  same(
    'the answer gives the Pixel the newer edit',
    pushed.superseded.map((/** @type {Json} */ { record }) => record.name),
    ['Arms, from the iPhone'],
  );
  same(
    'both phones now call it “Arms, from the iPhone”',
    [nameOn(pixel, id), nameOn(iphone, id)],
    Array(2).fill('Arms, from the iPhone'),
  );
  const { versions } = await api.ask('GET', `/api/sync/history/routines/${id}`, { token: pixel.token });
  same(
    'the history keeps the name before, and the edit that lost',
    versions.map((/** @type {Json} */ { reason, record }) => [reason, record.name]),
    [
      ['replaced', original],
      ['lost', 'Arms, from the Pixel'],
    ],
  );
  await claimAgreement(stage);
}

export async function deleteOnOne(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('She deletes a routine on the Pixel');
  const id = routineId(stage);
  const parts = iphone.store.live('routineExercises').length;
  pixel.delete('routines', id);
  await pixel.sync();
  same('one change is pending for the iPhone', await iphone.pending(), 1);
  await iphone.sync();
  const row = iphone.store.get('routines', id);
  claim('there the routine is marked as deleted, not gone', row.deletedAt > 0 && row.name === MODEL, row);
  claim(
    `its superset and its exercises are hidden with it`,
    iphone.store.live('routineExercises').length === 0 && parts > 0,
    iphone.store.live('routineExercises'),
  );
  await claimAgreement(stage);
}

export async function restoreInPortal(/** @type {Stage} */ stage) {
  const { api, pixel, iphone, portal } = stage;
  act('She misses the routine, and finds it in the portal');
  portal.token = await logIn(stage);
  const id = routineId(stage);
  const path = `/api/sync/history/routines/${id}`;
  const { head, versions } = await api.ask('GET', path, { token: portal.token });
  const live = versions.findLast((/** @type {Json} */ { record }) => record.deletedAt === null);
  claim(
    'the history has the state before the deletion',
    head.deletedAt > 0 && live?.record.name === MODEL,
    versions,
  );
  const restored = await api.ask('POST', `${path}/${live.version}/restore`, { token: portal.token });
  same('one click makes it current again', restored.record.deletedAt, null);
  await pixel.sync();
  await iphone.sync();
  for (const { name, store } of [pixel, iphone]) {
    const parts = store.live('routineExercises').length + store.live('supersets').length;
    claim(
      `the ${name} shows it again, with all its parts`,
      !store.get('routines', id).deletedAt && parts === 8,
      parts,
    );
  }
  await claimAgreement(stage);
}

export async function editInPortal(/** @type {Stage} */ stage) {
  const { api, pixel, iphone, portal } = stage;
  act('While she is there, she changes it in the portal');
  const id = routineId(stage);
  const { items } = await api.ask('GET', `/api/routines/${id}`, { token: portal.token });
  const kinds = items.map((/** @type {Json} */ { kind, exercises }) =>
    kind === 'superset' ? `superset of ${exercises.length}` : kind,
  );
  say(`The portal shows its parts in order: ${kinds.join(', ')}.`);
  const routine = { clientId: id, serverId: id, description: 'Twice a week', updatedAt: Date.now() };
  await api.ask('POST', '/api/sync/push', {
    token: portal.token,
    body: { deviceId: 'portal-in-the-browser', deviceName: 'Browser', platform: 'web', routines: [routine] },
  });
  say('An edit there is a push like any other, from a device of platform web; it says only what it changes.');
  await pixel.sync();
  await iphone.sync();
  const seen = [pixel, iphone].map(({ store }) => store.get('routines', id));
  same(
    'both phones have the new description, and the name as it was',
    seen.map(({ name, description }) => `${name}: ${description}`),
    Array(2).fill(`${MODEL}: Twice a week`),
  );
  await claimAgreement(stage);
}

export async function sendBadRecord(/** @type {Stage} */ stage) {
  const { api, pixel, iphone } = stage;
  act('A fault in the app: a weight that is no number');
  const last = /** @type {import('./shapes.mjs').Row} */ (iphone.store.rows('sessions').at(-1));
  const now = iphone.now();
  const good = iphone.store.add('sessions', setLike(last, now - 50 * MINUTE));
  const bad = iphone.store.add('sessions', {
    ...setLike(last, now - 45 * MINUTE),
    weightPerCableKg: 'thirty',
  });
  const { pushed } = await iphone.sync();
  const [{ clientId, code, field, message }] = pushed.rejected;
  claim(
    'of two sets the bad one is refused, alone',
    clientId === bad.clientId && pushed.rejected.length === 1,
    pushed,
  );
  show(`${code}, ${field}: ${message}`);
  claim('the good one is stored', pushed.idMappings.sessions[good.clientId] !== undefined);
  const { rejected } = await api.ask('GET', '/api/sync/rejected', { token: iphone.token });
  same(
    'the bad one is kept as it was sent, so that nothing is lost',
    [rejected.length, rejected[0].record.weightPerCableKg],
    [1, 'thirty'],
  );
  iphone.edit('sessions', bad.clientId, { weightPerCableKg: 30.5 });
  recount(iphone.store, iphone.now());
  same('corrected by an update of the app, it is taken', (await iphone.sync()).pushed.rejected, []);
  await pixel.sync();
  await claimAgreement(stage);
}

const YEAR = 365 * 24 * 60 * MINUTE;

export async function useWrongClocks(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('The clocks of the phones are wrong');
  const id = routineId(stage);
  iphone.clockError = YEAR;
  pixel.clockError = -60 * MINUTE;
  say('The iPhone is a year ahead, the Pixel an hour behind. First the iPhone renames the routine.');
  iphone.edit('routines', id, { name: 'Legs, from the future' });
  await iphone.sync();
  await pixel.sync();
  same('the Pixel has the new name', nameOn(pixel, id), 'Legs, from the future');
  say('Then the Pixel, which has seen that name, gives it another one.');
  pixel.edit('routines', id, { name: MODEL });
  const { pushed } = await pixel.sync();
  same('it counts, whatever the clocks say: no record is frozen for a year', pushed.superseded, []);
  await iphone.sync();
  same(`both phones have the last name, “${MODEL}”`, [nameOn(pixel, id), nameOn(iphone, id)], [MODEL, MODEL]);
  iphone.clockError = 0;
  pixel.clockError = 0;
  await claimAgreement(stage);
}
