import { gzipSync } from 'node:zlib';
import { act, claim, count, same, say, show } from './check.mjs';
import { sparkline } from './sparkline.mjs';
import { claimAgreement } from './stage.mjs';
import { curve, MINUTE, recount, setLike } from './training.mjs';

/**
 * @typedef {import('./stage.mjs').Stage} Stage
 * @typedef {import('./api.mjs').Json} Json
 */

const HALF_A_MINUTE = MINUTE / 2;
const WIDTH = 90;
const PARQUET = 'application/vnd.apache.parquet';

/** Every number as the phone holds it. */
const bits = (/** @type {readonly Record<string, number>[]} */ samples) =>
  samples.map(({ timestamp, ...values }) => [timestamp, ...Object.values(values).map(Math.fround)]);

export async function uploadCurve(/** @type {Stage} */ stage) {
  const { api, pixel, iphone, portal } = stage;
  act('The sensor curve of a set');
  const last = /** @type {import('./shapes.mjs').Row} */ (iphone.store.rows('sessions').at(-1));
  const set = iphone.store.add('sessions', setLike(last, iphone.now() - 5 * MINUTE));
  const samples = curve(set.timestamp);
  const json = Buffer.from(JSON.stringify({ deviceId: iphone.deviceId, samples }));
  const body = gzipSync(json);
  const upload = { token: iphone.token, body, headers: { 'content-encoding': 'gzip' } };
  const path = `/api/sessions/${set.clientId}/metrics`;
  say(
    `Three minutes at 50 samples a second: ${count(json.length)} bytes of JSON, ${count(body.length)} in gzip.`,
  );
  const all = samples.length;
  same('they are uploaded before the set itself', (await api.send('POST', path, upload)).body, {
    uploaded: all,
    total: all,
  });
  recount(iphone.store, iphone.now());
  await iphone.sync();
  await pixel.sync();
  same('uploaded again, they are still the same', (await api.ask('POST', path, upload)).total, all);
  const { token } = portal;
  const stored = await api.ask('GET', `/api/sessions/${set.serverId}/metrics`, { token });
  same('the portal gets every sample back, to the last bit', bits(stored.samples), bits(samples));
  const parquet = await api.send('GET', `/api/sessions/${set.serverId}/metrics`, {
    token,
    headers: { accept: PARQUET },
  });
  claim(
    `or as Parquet, in ${count(parquet.bytes)} bytes`,
    parquet.status === 200 && String(parquet.body.subarray(0, 4)) === 'PAR1',
    parquet.status,
  );
  const range = `from=${set.timestamp}&to=${set.timestamp + HALF_A_MINUTE}&points=${2 * WIDTH}`;
  const plot = await api.ask('GET', `/api/sessions/${set.serverId}/metrics?${range}`, { token });
  claim(
    `for a plot it asks for fewer: ${plot.samples.length}`,
    plot.samples.length <= 2 * WIDTH && plot.samples.length > WIDTH,
  );
  say(`${set.exerciseName}, the left cable’s position in the first half minute:`);
  show(
    sparkline(
      plot.samples.map((/** @type {Json} */ { timestamp: at, position: value }) => ({ at, value })),
      WIDTH,
    ),
  );
  await claimAgreement(stage);
}

const ZONE = 'Europe/Berlin';

const sumOf = (/** @type {readonly Json[]} */ items, /** @type {string} */ key) =>
  items.reduce((sum, item) => sum + item[key], 0);

export async function lookAtTotals(/** @type {Stage} */ { api, pixel, iphone, portal: { token } }) {
  act('What the portal makes of it');
  const own = iphone.store.live('sessions');
  const { items: months } = await api.ask('GET', `/api/totals?by=month&timeZone=${ZONE}`, { token });
  same('its months have as many sets as the phones', sumOf(months, 'sets'), own.length);
  same('and as many repetitions', sumOf(months, 'reps'), sumOf(own, 'totalReps'));
  say(`Volume of both cables, month by month, ${months[0].date} to ${months.at(-1).date}:`);
  show(
    sparkline(
      months.map((/** @type {Json} */ { from: at, volumeKg: value }) => ({ at, value })),
      months.length,
    ),
  );
  const { items: exercises } = await api.ask('GET', '/api/totals/exercises', { token });
  const [best] = exercises.toSorted(
    (/** @type {Json} */ a, /** @type {Json} */ b) => b.volumeKg - a.volumeKg,
  );
  const mine = own.filter(({ exerciseId }) => exerciseId === best.exerciseId);
  same(
    `most was moved in ${best.exerciseName}: ${count(best.volumeKg)} kg in ${best.sets} sets`,
    best.sets,
    mine.length,
  );
  const { items: workouts } = await api.ask('GET', '/api/workouts?limit=3', { token });
  const run = own.find(({ routineSessionId }) => routineSessionId)?.routineSessionId;
  const workout = workouts.find((/** @type {Json} */ { routineSessionId }) => routineSessionId === run);
  const sets = own.filter(({ routineSessionId }) => routineSessionId === run).length;
  same(`the sets she did with the iPhone are one workout, “${workout?.routineName}”`, workout?.sets, sets);
  const { devices } = await api.ask('GET', '/api/sync/devices', { token });
  const names = devices.map((/** @type {Json} */ { deviceName, deviceId }) => deviceName ?? deviceId);
  claim(
    `devices that have synced: ${names.join(', ')}`,
    names.includes(pixel.name) && names.includes(iphone.name),
  );
}
