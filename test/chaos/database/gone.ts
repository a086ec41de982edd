import { setTimeout as pause } from 'node:timers/promises';
import { DatabaseLine } from '../tools/database-line.js';
import { Pulse } from '../tools/pulse.js';
import {
  admit,
  crowdOn,
  judge,
  RECOVERY_MS,
  recovered,
  REQUEST_MS,
  seconds,
  type Trouble,
} from './trouble.js';

const GONE_MS = 6_000;
/** What is refused because nothing answers is refused at once, or when no connection comes. */
const REFUSAL_MS = 5_000;
/** Each answer of PostgreSQL comes that much later: a push has several, and would take a minute. */
const SLOW_MS = 12_000;

/** PostgreSQL is stopped under load, stays away, and comes back. */
export const gone: Trouble = async (scene, checks) => {
  const ward = await admit(scene);
  const crowd = await crowdOn(scene, ward);
  const [nurse] = await scene.accounts(ward.home, 1);
  await pause(1000);
  await ward.cluster.stop('immediate');
  const from = performance.now();
  await pause(GONE_MS);
  const to = performance.now();
  await ward.cluster.up();
  const back = await recovered(scene.wire, ward.server.url, nurse.token);
  await crowd.stop();
  const refused = crowd.between(from, to);
  const words = judge(checks, 'gone', refused, REFUSAL_MS);
  checks.check(
    refused.every(({ status }) => status === 503),
    'gone: something was answered without a database',
  );
  checks.check(back < RECOVERY_MS, `gone: back after ${seconds(back)}`);
  return `gone: ${words}; works ${seconds(back)} after its return`;
};

/** An operator restarts it while phones sync. */
export const restarted: Trouble = async (scene, checks) => {
  const ward = await admit(scene);
  const crowd = await crowdOn(scene, ward);
  const [nurse] = await scene.accounts(ward.home, 1);
  await pause(1000);
  const from = performance.now();
  await ward.cluster.stop('fast');
  await ward.cluster.up();
  const back = await recovered(scene.wire, ward.server.url, nurse.token);
  await pause(500);
  await crowd.stop();
  const words = judge(checks, 'restarted', crowd.between(from, Infinity), REFUSAL_MS);
  checks.check(back < RECOVERY_MS, `restarted: back after ${seconds(back)}`);
  return `restarted: ${words}; works after ${seconds(back)}`;
};

/** Every answer of PostgreSQL comes twelve seconds late: no request may add them up beyond its bound. */
export const slow: Trouble = async (scene, checks) => {
  const { cluster, home } = await admit(scene);
  const line = await DatabaseLine.to(home.url);
  scene.atEnd(() => line.close());
  const server = await scene.serve({ ...home, url: line.url });
  const crowd = await crowdOn(scene, { cluster, home, server });
  const [nurse] = await scene.accounts(home, 1);
  await pause(1000);
  const pulse = new Pulse(server.url);
  const from = performance.now();
  line.delayMs = SLOW_MS;
  await pause(2 * SLOW_MS);
  const stopped = crowd.stop();
  await pause(REQUEST_MS - 2 * SLOW_MS);
  line.delayMs = 0;
  const [beats] = await Promise.all([pulse.stop(), stopped]);
  const back = await recovered(scene.wire, server.url, nurse.token);
  const words = judge(checks, 'slow', crowd.between(from, Infinity), REQUEST_MS);
  checks.check(beats.bad === 0, `slow: ${beats.bad} of ${beats.beats} signs of life missing`);
  return `answers ${SLOW_MS / 1000} s late: ${words}; works ${seconds(back)} after`;
};
