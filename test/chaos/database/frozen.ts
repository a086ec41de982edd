import { setTimeout as pause } from 'node:timers/promises';
import { type Beats, Pulse } from '../tools/pulse.js';
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

/** Longer than any request may take, or nothing would be seen of the bound. */
const FROZEN_MS = { usual: 35_000, full: 90_000 } as const;
/** More than there are connections to PostgreSQL. */
const PHONES = 40;
const LIVE_MS = 100;

/** SIGSTOP to every process of PostgreSQL under load: connections stand, nothing answers. */
export const frozen: Trouble = async (scene, checks) => {
  const ward = await admit(scene);
  const crowd = await crowdOn(scene, ward, PHONES);
  const [nurse] = await scene.accounts(ward.home, 1);
  await pause(1500);
  const pulse = new Pulse(ward.server.url);
  const from = performance.now();
  ward.cluster.signalAll('SIGSTOP');
  let ms = 0;
  let beats: Beats = { beats: 0, bad: 0, maxMs: NaN };
  try {
    ms = scene.full ? FROZEN_MS.full : FROZEN_MS.usual;
    await pause(ms);
    beats = await pulse.stop();
  } finally {
    ward.cluster.signalAll('SIGCONT');
  }
  const back = await recovered(scene.wire, ward.server.url, nurse.token);
  await crowd.stop();
  checks.check(!ward.server.hasEnded, 'frozen: the server has ended');
  const words = judge(checks, 'frozen', crowd.between(from, Infinity), REQUEST_MS);
  checks.check(beats.bad === 0, `frozen: ${beats.bad} signs of life missing`);
  checks.check(beats.maxMs < LIVE_MS, `frozen: /health/live took ${Math.round(beats.maxMs)} ms`);
  checks.check(back < RECOVERY_MS, `frozen: back after ${seconds(back)}`);
  return (
    `frozen ${ms / 1000} s: ${words}; /health/live at most ${Math.round(beats.maxMs)} ms of ${beats.beats} times; ` +
    `works ${seconds(back)} after`
  );
};
