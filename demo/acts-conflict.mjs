import { act, claim, same, say, show } from './check.mjs';
import { claimAgreement } from './stage.mjs';
import { MINUTE, recount, setLike } from './training.mjs';

/**
 * @typedef {import('./stage.mjs').Stage} Stage
 * @typedef {import('./phone.mjs').Phone} Phone
 */

const MODEL = 'Lower body, heavy';

/** The routine the acts below are about, by any phone’s copy. */
async function routineId(/** @type {Stage} */ { iphone }) {
  const rows = await iphone.records.all('routines');
  const found = rows.find(({ record }) => record.name === MODEL);
  if (!found?.record.serverId) throw new Error(`no routine is called ${MODEL}`);
  return found.record.serverId;
}

const routineOn = async (/** @type {Phone} */ { records }, /** @type {string} */ id) =>
  (await records.get('routines', id)) ?? {};

const nameOn = async (/** @type {Phone} */ phone, /** @type {string} */ id) =>
  JSON.stringify((await routineOn(phone, id)).name).slice(1, -1);

/** An edit of that many minutes ago. */
async function edited(
  /** @type {Phone} */ phone,
  /** @type {number} */ minutes,
  /** @type {object} */ changes,
) {
  phone.clockError = -minutes * MINUTE;
  await phone.records.save('routines', changes);
  phone.clockError = 0;
}

export async function editOnBoth(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal } = stage;
  act('Both phones change the same routine, neither knowing of the other');
  const [{ serverId }] = (await pixel.records.list('routines')).filter(({ name }) => name !== MODEL);
  const id = String(serverId);
  const original = await nameOn(pixel, id);
  await edited(pixel, 5, { clientId: id, name: 'Arms, from the Pixel' });
  await edited(iphone, 2, { clientId: id, name: 'Arms, from the iPhone' });
  say(
    `“${original}” becomes “${await nameOn(pixel, id)}” five minutes ago, and “${await nameOn(iphone, id)}” two minutes ago.`,
  );
  await iphone.manager.syncAll();
  const { pushed } = await pixel.manager.syncAll();
  say('The iPhone syncs first, then the Pixel with the older edit.');
  const [conflict, ...others] = await pixel.records.conflicts();
  same(
    'the answer gives the Pixel the newer edit',
    [pushed.superseded, conflict?.theirs.name],
    [1, 'Arms, from the iPhone'],
  );
  same(
    'the Pixel shows the conflict, with both edits',
    [others.length, conflict?.mine.name, conflict?.kept],
    [0, 'Arms, from the Pixel', 'theirs'],
  );
  same(
    'both phones now call it “Arms, from the iPhone”',
    [await nameOn(pixel, id), await nameOn(iphone, id)],
    Array(2).fill('Arms, from the iPhone'),
  );
  const { versions } = await portal.history('routines', id);
  same(
    'the history keeps the name before, and the edit that lost',
    versions.map(({ reason, record }) => [reason, record.name]),
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
  const id = await routineId(stage);
  const parts = await iphone.records.list('routineExercises');
  await pixel.records.remove('routines', id);
  await pixel.manager.syncAll();
  same('one change is pending for the iPhone', await iphone.pending(), 1);
  await iphone.manager.syncAll();
  const row = await routineOn(iphone, id);
  claim('there the routine is marked as deleted, not gone', row.deletedAt > 0 && row.name === MODEL, row);
  const left = await iphone.records.list('routineExercises');
  claim(`its superset and its exercises are hidden with it`, left.length === 0 && parts.length > 0, left);
  await claimAgreement(stage);
}

export async function restoreInPortal(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal } = stage;
  act('She misses the routine, and finds it in the portal');
  const id = await routineId(stage);
  const { head, versions } = await portal.history('routines', id);
  const live = versions.findLast(({ record }) => record.deletedAt === null);
  claim(
    'the history has the state before the deletion',
    Number(head.deletedAt) > 0 && live?.record.name === MODEL,
    versions,
  );
  const version = Number(live?.version);
  const { record } = await portal.restoreVersion({ collection: 'routines', id, version });
  same('one click makes it current again', record.deletedAt, null);
  await pixel.manager.syncAll();
  await iphone.manager.syncAll();
  for (const phone of [pixel, iphone]) {
    const parts = [
      ...(await phone.records.list('routineExercises')),
      ...(await phone.records.list('supersets')),
    ];
    claim(
      `the ${phone.name} shows it again, with all its parts`,
      !(await routineOn(phone, id)).deletedAt && parts.length === 8,
      parts,
    );
  }
  await claimAgreement(stage);
}

export async function editInPortal(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal } = stage;
  act('While she is there, she changes it in the portal');
  const id = await routineId(stage);
  const { items } = await portal.routine(id);
  const kinds = items.map((item) =>
    item.kind === 'superset' ? `superset of ${item.exercises.length}` : item.kind,
  );
  say(`The portal shows its parts in order: ${kinds.join(', ')}.`);
  const routine = { clientId: id, serverId: id, description: 'Twice a week', updatedAt: Date.now() };
  const browser = { deviceId: 'portal-in-the-browser', deviceName: 'Browser', platform: 'web' };
  await portal.push({ ...browser, routines: [routine] });
  say('An edit there is a push like any other, from a device of platform web; it says only what it changes.');
  await pixel.manager.syncAll();
  await iphone.manager.syncAll();
  const seen = [await routineOn(pixel, id), await routineOn(iphone, id)];
  same(
    'both phones have the new description, and the name as it was',
    seen.map(({ name, description }) => `${name}: ${description}`),
    Array(2).fill(`${MODEL}: Twice a week`),
  );
  await claimAgreement(stage);
}

export async function sendBadRecord(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal } = stage;
  act('A fault in the app: a weight that is no number');
  const last = await iphone.lastSet();
  const now = iphone.now();
  const good = await iphone.records.save('sessions', setLike(last, now - 50 * MINUTE));
  const bad = await iphone.records.save('sessions', {
    ...setLike(last, now - 45 * MINUTE),
    weightPerCableKg: 'thirty',
  });
  const { pushed } = await iphone.manager.syncAll();
  const setAside = await iphone.records.rejected();
  claim(
    'of two sets the bad one is refused, alone, and set aside',
    pushed.refused === 1 && setAside.length === 1 && setAside[0]?.record.clientId === bad.clientId,
    setAside,
  );
  const { code, field, message } = setAside[0]?.refusal ?? {};
  show(`${code}, ${field}: ${message}`);
  claim('the good one is stored', !!(await iphone.records.get('sessions', good.clientId))?.serverId);
  const { rejected } = await portal.rejected();
  same(
    'the server keeps the bad one as it was sent, so that nothing is lost',
    [rejected.length, rejected[0]?.record.weightPerCableKg],
    [1, 'thirty'],
  );
  same('it is not sent again and again', (await iphone.manager.syncAll()).pushed.refused, 0);
  await iphone.records.save('sessions', { clientId: bad.clientId, weightPerCableKg: 30.5 });
  await recount(iphone);
  const mended = await iphone.manager.syncAll();
  same(
    'corrected by an update of the app, it is taken',
    [mended.pushed.refused, await iphone.records.rejected()],
    [0, []],
  );
  await pixel.manager.syncAll();
  await claimAgreement(stage);
}

const YEAR = 365 * 24 * 60 * MINUTE;

export async function useWrongClocks(/** @type {Stage} */ stage) {
  const { pixel, iphone } = stage;
  act('The clocks of the phones are wrong');
  const id = await routineId(stage);
  iphone.clockError = YEAR;
  pixel.clockError = -60 * MINUTE;
  say('The iPhone is a year ahead, the Pixel an hour behind. First the iPhone renames the routine.');
  await iphone.records.save('routines', { clientId: id, name: 'Legs, from the future' });
  await iphone.manager.syncAll();
  await pixel.manager.syncAll();
  same('the Pixel has the new name', await nameOn(pixel, id), 'Legs, from the future');
  say('Then the Pixel, which has seen that name, gives it another one.');
  await pixel.records.save('routines', { clientId: id, name: MODEL });
  const { pushed } = await pixel.manager.syncAll();
  same('it counts, whatever the clocks say: no record is frozen for a year', pushed.superseded, 0);
  await iphone.manager.syncAll();
  same(
    `both phones have the last name, “${MODEL}”`,
    [await nameOn(pixel, id), await nameOn(iphone, id)],
    [MODEL, MODEL],
  );
  iphone.clockError = 0;
  pixel.clockError = 0;
  await claimAgreement(stage);
}
