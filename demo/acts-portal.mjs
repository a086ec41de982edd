import { act, claim, count, same, say, show } from './check.mjs';
import { sparkline } from '../client/dist/cli/sparkline.js';
import { claimAgreement } from './stage.mjs';
import { curve, MINUTE, recount, setLike } from './training.mjs';

/**
 * @typedef {import('./stage.mjs').Stage} Stage
 * @typedef {any} Json what an answer holds; the claims look into it freely
 */

const HALF_A_MINUTE = MINUTE / 2;
const WIDTH = 90;

const COLUMNS = ['position', 'positionB', 'velocity', 'velocityB', 'load', 'loadB', 'power', 'status'];

/** Every number as the sensors sent it, column by column. */
const bitsOf = (/** @type {Record<string, readonly number[]>} */ columns) =>
  COLUMNS.map((name) => columns[name].map(Math.fround));

const columnsOf = (/** @type {readonly Record<string, number>[]} */ samples) =>
  Object.fromEntries(['timestamp', ...COLUMNS].map((name) => [name, samples.map((sample) => sample[name])]));

export async function uploadCurve(/** @type {Stage} */ stage) {
  const { pixel, iphone, portal } = stage;
  act('The sensor curve of a set');
  const set = await iphone.records.save(
    'sessions',
    setLike(await iphone.lastSet(), iphone.now() - 5 * MINUTE),
  );
  const id = set.clientId;
  const samples = curve(Number(set.timestamp));
  const all = samples.length;
  await iphone.manager.recordSamples(id, samples);
  await recount(iphone);
  same('the phone keeps it until there is a network', iphone.manager.getStatus().samplesPending, 1);
  iphone.sent = [];
  const { uploaded } = await iphone.manager.syncAll();
  const uploads = iphone.sent.filter(({ path }) => path.endsWith('/metrics'));
  const bytes = uploads.reduce((sum, upload) => sum + upload.bytes, 0);
  say(
    `Three minutes at 50 samples a second: ${count(JSON.stringify(samples).length)} bytes of JSON, ${count(bytes)} as they were sent.`,
  );
  same('they follow their set, in two pieces', [uploaded, uploads.length], [1, 2]);
  await pixel.manager.syncAll();
  const again = await iphone.api.uploadMetrics(id, { deviceId: iphone.deviceId, samples });
  same('uploaded again, they are still the same', [again.uploaded, again.total], [all, all]);
  const { columns } = await portal.downloadMetrics(id);
  claim(
    'the portal gets every sample back, to the last bit',
    JSON.stringify(bitsOf(/** @type {Json} */ (columns))) === JSON.stringify(bitsOf(columnsOf(samples))),
  );
  const kept = await pixel.manager.downloadMetrics(id);
  same('and so does the Pixel, which keeps them', kept.timestamp, columnsOf(samples).timestamp);
  const parquet = await portal.downloadMetricsParquet(id);
  claim(
    `or as Parquet, in ${count(parquet.length)} bytes`,
    String.fromCharCode(...parquet.subarray(0, 4)) === 'PAR1',
  );
  await showPlot(stage, set);
  await claimAgreement(stage);
}

async function showPlot(
  /** @type {Stage} */ { portal },
  /** @type {Json} */ { clientId, timestamp, exerciseName },
) {
  const range = { from: timestamp, to: timestamp + HALF_A_MINUTE, points: 2 * WIDTH };
  const { columns } = await portal.downloadMetrics(clientId, range);
  const { timestamp: times, position } = /** @type {Json} */ (columns);
  claim(`for a plot it asks for fewer: ${times.length}`, times.length <= 2 * WIDTH && times.length > WIDTH);
  say(`${exerciseName}, the left cable’s position in the first half minute:`);
  show(
    sparkline(
      times.map((/** @type {number} */ at, /** @type {number} */ i) => ({ at, value: position[i] })),
      WIDTH,
    ),
  );
}

const timeZone = 'Europe/Berlin';

const sumOf = (/** @type {readonly Json[]} */ items, /** @type {string} */ key) =>
  items.reduce((sum, item) => sum + item[key], 0);

export async function lookAtTotals(/** @type {Stage} */ { pixel, iphone, portal }) {
  act('What the portal makes of it');
  const own = await iphone.records.list('sessions');
  const { items: months } = await portal.totals({ by: 'month', timeZone });
  same('its months have as many sets as the phones', sumOf(months, 'sets'), own.length);
  same('and as many repetitions', sumOf(months, 'reps'), sumOf(own, 'totalReps'));
  say(`Volume of both cables, month by month, ${months[0]?.date} to ${months.at(-1)?.date}:`);
  show(
    sparkline(
      months.map(({ from: at, volumeKg: value }) => ({ at, value })),
      months.length,
    ),
  );
  const { items: exercises } = await portal.totalsByExercise();
  const [best] = exercises.toSorted((a, b) => b.volumeKg - a.volumeKg);
  const mine = own.filter(({ exerciseId }) => exerciseId === best.exerciseId);
  same(
    `most was moved in ${best.exerciseName}: ${count(best.volumeKg)} kg in ${best.sets} sets`,
    best.sets,
    mine.length,
  );
  const { items: workouts } = await portal.workouts({ limit: 3 });
  const run = own.find(({ routineSessionId }) => routineSessionId)?.routineSessionId;
  const workout = workouts.find(({ routineSessionId }) => routineSessionId === run);
  const sets = own.filter(({ routineSessionId }) => routineSessionId === run).length;
  same(`the sets she did with the iPhone are one workout, “${workout?.routineName}”`, workout?.sets, sets);
  const { devices } = await portal.devices();
  const names = devices.map(({ deviceName, deviceId }) => deviceName ?? deviceId);
  claim(
    `devices that have synced: ${names.join(', ')}`,
    names.includes(pixel.name) && names.includes(iphone.name),
  );
}
