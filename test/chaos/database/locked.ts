import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { quantile } from '../../bench/measure/statistics.js';
import { Crowd, type Moment, slowest, tally } from '../tools/crowd.js';
import { admit, judge, seconds, type Trouble } from './trouble.js';

const LOCK_MS = 10_000;
const POOL = 10;
const CONNECTIONS = 200;
/** Of the one account whose row is locked; all others have one each. */
const BLOCKED = 50;
/** A queued push may wait for its turn and then for the lock; then it is told to come again. */
const WAIT_MS = 25_000;

const p95 = (moments: readonly Moment[]) =>
  quantile(
    moments.map(({ ms }) => ms),
    0.95,
  );

/** 200 callers on ten connections, and somebody holds the row that one account's pushes need. */
export const locked: Trouble = async (scene, checks) => {
  const ward = await admit(scene);
  const server = await scene.serve(ward.home, { DATABASE_POOL_SIZE: String(POOL) });
  const [blocked, ...others] = await scene.accounts(ward.home, 1 + CONNECTIONS - BLOCKED);
  const url = () => server.url;
  const wire = scene.newWire(CONNECTIONS);
  const crowd = new Crowd({
    wire,
    url,
    accounts: others,
    seed: scene.seed,
    pauseMs: 1500,
    kinds: ['push', 'pull', 'read'],
  });
  scene.atEnd(() => crowd.stop());
  await pause(4000);
  const holder = new Client({ connectionString: ward.home.adminUrl });
  await holder.connect();
  const from = performance.now();
  await holder.query('begin');
  await holder.query('select 1 from sync_clock where user_id = $1 for update', [blocked.userId]);
  const patients = Array.from({ length: BLOCKED }, (_, i) => ({
    ...blocked,
    deviceId: `${blocked.deviceId}-${i}`,
  }));
  const queued = new Crowd({ wire, url, accounts: patients, seed: scene.seed, kinds: ['push'] });
  await pause(LOCK_MS);
  const to = performance.now();
  await holder.query('rollback');
  await holder.end();
  await queued.stop();
  await crowd.stop();
  const [idle, busy] = [crowd.between(from - 3000, from), crowd.between(from, to)];
  const words = judge(checks, 'the one behind the lock', queued.moments, WAIT_MS);
  checks.check(
    busy.every(({ status }) => status === 200),
    `others behind a lock of one: ${tally(busy)}`,
  );
  checks.check(slowest(busy) < 3000, `others behind a lock of one waited ${seconds(slowest(busy))}`);
  return (
    `a row locked ${LOCK_MS / 1000} s, ${CONNECTIONS} callers on ${POOL} connections: others p95 ${p95(busy).toFixed(0)} ms ` +
    `(${p95(idle).toFixed(0)} before), all 200; the one: ${words}`
  );
};
