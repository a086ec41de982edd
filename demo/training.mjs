import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { gunzipSync } from 'node:zlib';

/**
 * @typedef {Record<string, any> & { clientId: string }} Row a record, as it goes over the wire
 * @typedef {Record<string, any> & { deviceId: string, sessions: Row[] }} Push
 */

export const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const fixtures = new URL('../test/fixtures/', import.meta.url);
const read = (/** @type {string} */ name) => fs.readFileSync(new URL(name, fixtures));
const readPush = (/** @type {string} */ name) => /** @type {Push} */ (JSON.parse(read(name).toString()));

/** In records, whatever looks like a time of the fixtures is one: from 2020 on, in epoch ms. */
const isTime = (/** @type {unknown} */ value) => typeof value === 'number' && value > 1_577_836_800_000;

/** @returns {any} the same with all times moved */
function moved(/** @type {any} */ value, /** @type {number} */ by) {
  if (isTime(value)) return value + by;
  if (Array.isArray(value)) return value.map((member) => moved(member, by));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, moved(member, by)]));
}

/** What a phone of the first generation pushes after two years of training, which ended in these days. */
export function twoYears(/** @type {number} */ now) {
  const push = readPush('first-generation-first-push.json');
  const newest = push.gamificationStats.updatedAt;
  return /** @type {Push} */ (moved(push, Math.floor((now - newest) / DAY) * DAY));
}

/**
 * What an app of the first generation pushes after every set: all that is on the phone, with the fields it knows.
 * @param {Push} past an earlier request of it
 * @param {import('@phoenix-portal/client').LocalRecords} records
 */
export async function firstGeneration(past, records) {
  /** @type {Record<string, any>} */
  const request = {};
  for (const [name, section] of Object.entries(past)) {
    const [model] = [section].flat();
    if (typeof model !== 'object') continue;
    const rows = await records.all(/** @type {any} */ (name));
    const known = rows.map(({ record }) => pick(record, Object.keys(model)));
    request[name] = Array.isArray(section) ? known : known[0];
  }
  return request;
}

const pick = (/** @type {Record<string, any>} */ row, /** @type {readonly string[]} */ names) =>
  Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]]));

/** iOS writes UUIDs in upper case, Android in lower case. */
const newId = () => randomUUID().toUpperCase();

/**
 * One workout with every field the app has: nine sets with their phase statistics, a record, a badge.
 * @param {number} startedAt
 */
export function workout(startedAt) {
  const push = readPush('full-after-workout.json');
  const first = Math.min(...push.sessions.map(({ timestamp }) => timestamp));
  const { sessions, phaseStats, records, badges } = moved(push, startedAt - first);
  const ids = new Map(sessions.map((/** @type {Row} */ { clientId }) => [clientId, newId()]));
  const renamed = (/** @type {Row} */ row) => ({ ...row, sessionId: ids.get(row.sessionId) });
  return {
    sessions: sessions.map((/** @type {Row} */ row) => ({ ...row, clientId: ids.get(row.clientId) })),
    phaseStats: phaseStats.map(renamed),
    records: records.map(renamed),
    // The one of the fixture is among those of two years.
    badges: badges.map((/** @type {Row} */ row) => ({ ...row, badgeId: 'marathon_session' })),
  };
}

/** One more set like the given one. */
export const setLike = (/** @type {Row} */ set, /** @type {number} */ at) => ({
  ...set,
  clientId: newId(),
  serverId: null,
  timestamp: at,
  createdAt: at,
  updatedAt: at,
});

/** One set as the first generation writes it. */
export function plainSet(/** @type {number} */ at) {
  const [set] = readPush('first-generation-after-set.json').sessions;
  return { ...setLike(set, at), clientId: randomUUID() };
}

/** A routine with its superset and its exercises. */
export function routine(/** @type {number} */ at) {
  const { routines, supersets, routineExercises } = readPush('full-first-push-shortened.json');
  const [model] = routines;
  const isOurs = (/** @type {Row} */ { routineId }) => routineId === model.clientId;
  const made = { createdAt: at, updatedAt: at };
  const clientId = newId();
  const [superset] = supersets
    .filter(isOurs)
    .map((/** @type {Row} */ row) => ({ ...row, ...made, routineId: clientId }));
  const supersetId = `superset_${randomUUID()}`;
  return {
    routines: [{ ...model, ...made, clientId, name: 'Lower body, heavy', lastUsed: null, useCount: 0 }],
    supersets: [{ ...superset, clientId: supersetId }],
    routineExercises: routineExercises.filter(isOurs).map((/** @type {Row} */ row) => ({
      ...row,
      ...made,
      clientId: newId(),
      routineId: clientId,
      supersetId: row.supersetId === null ? null : supersetId,
    })),
  };
}

/** Three minutes of a set at 50 samples a second, beginning at that time. */
export function curve(/** @type {number} */ startedAt) {
  const { samples } = JSON.parse(gunzipSync(read('metrics-50hz-3min.json.gz')).toString());
  const by = startedAt - samples[0].timestamp;
  return samples.map((/** @type {{ timestamp: number }} */ sample) => ({
    ...sample,
    timestamp: sample.timestamp + by,
  }));
}

/** What every phone computes anew after a workout, from its own records. */
export async function recount(/** @type {import('./phone.mjs').Phone} */ { records }) {
  const sets = await records.list('sessions');
  const sumOf = (/** @type {(set: any) => number} */ value) => sets.reduce((sum, set) => sum + value(set), 0);
  await records.save('gamificationStats', {
    totalWorkouts: sets.length,
    totalReps: sumOf(({ totalReps }) => totalReps),
    totalVolumeKg: Math.trunc(sumOf(({ totalReps, weightPerCableKg }) => totalReps * weightPerCableKg * 2)),
  });
}
