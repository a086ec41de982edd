import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../../bench/data/random.js';
import type { NewAccount } from '../../bench/lab/accounts.js';
import type { Checks } from '../promise.js';
import type { Scene } from '../scene.js';
import { audit, Lifter } from '../tools/lifter.js';
import { NotHere } from '../tools/not-here.js';
import { until } from '../tools/until.js';
import {
  admit,
  PATIENCE_MS,
  RECOVERY_MS,
  recovered,
  REQUEST_MS,
  seconds,
  type Trouble,
  type Ward,
} from './trouble.js';

const MIB = 1024 * 1024;
/** As small as it gets, so that a small disk is enough. */
const SETTINGS = { max_wal_size: '32MB', min_wal_size: '32MB', shared_buffers: '16MB' };
/** What is left when the ballast lies on the disk. */
const LEFT_BYTES = 4 * MIB;
const BULK = 400;

/** A disk in memory, of exactly that size. */
function mount(scene: Scene, megabytes: number): string {
  const folder = path.join(scene.folder(), 'disk');
  fs.mkdirSync(folder);
  const { status, stderr, error } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder],
    { encoding: 'utf8' },
  );
  if (status !== 0)
    throw new NotHere(`a tmpfs cannot be mounted (root?): ${(error?.message ?? stderr).trim()}`);
  scene.atEnd(() => {
    spawnSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Takes all space but a little; gone again when it is removed. */
function fill(disk: string, left: number): string {
  const ballast = path.join(disk, 'ballast');
  const { bavail, bsize } = fs.statfsSync(disk);
  const size = Math.max(0, bavail * bsize - left);
  // No sparse file: it has to take the space.
  const file = fs.openSync(ballast, 'w');
  for (let written = 0; written < size; written += MIB)
    fs.writeSync(file, Buffer.alloc(Math.min(MIB, size - written), 1));
  fs.closeSync(file);
  return ballast;
}

const lifterOf = (scene: Scene, { server }: Ward, account: NewAccount) =>
  new Lifter({
    wire: scene.wire,
    account,
    url: () => server.url,
    random: randomFrom(scene.seed),
    size: BULK,
  });

/** Pushes until one is refused. @returns the status of the refusal, and how long it took. */
async function pushUntilRefused(lifter: Lifter): Promise<{ status: number; ms: number }> {
  let refusal: { status: number; ms: number } | undefined;
  await until('a full disk', PATIENCE_MS, async () => {
    if (!(await lifter.push(1))) refusal = lifter.last;
    return refusal !== undefined;
  });
  return refusal as { status: number; ms: number };
}

async function checkAll(
  scene: Scene,
  checks: Checks,
  what: string,
  [ward, account, lifter]: [Ward, NewAccount, Lifter],
) {
  const { lost, stale, strangers, duplicates } = await audit(scene.wire, ward.server.url, account.token, [
    lifter,
  ]);
  checks.check(lost + stale === 0, `${what}: ${lost} acknowledged records and ${stale} edits lost`);
  checks.check(strangers + duplicates === 0, `${what}: ${strangers} strangers, ${duplicates} duplicates`);
}

/** The whole database on a disk of 120 MB, which fills up. */
export const diskFull: Trouble = async (scene, checks) => {
  const disk = mount(scene, 120);
  const ward = await admit(scene, { data: path.join(disk, 'data'), settings: SETTINGS });
  const [account] = await scene.accounts(ward.home, 1);
  const lifter = lifterOf(scene, ward, account);
  await lifter.push();
  const device = { deviceId: randomUUID(), lastSync: 0 };
  const pull = (body: object) =>
    scene.wire.post(`${ward.server.url}/api/sync/pull`, { token: account.token, body });
  const { body: known } = await pull(device);
  const ballast = fill(disk, LEFT_BYTES);
  const { status, ms } = await pushUntilRefused(lifter);
  checks.check(status === 503 || status === 507, `full disk: a push was answered ${status}`);
  checks.check(ms < REQUEST_MS, `full disk: refused after ${seconds(ms)}`);
  const pulls: number[] = [];
  for (let n = 0; n < 10; n++) {
    pulls.push((await pull({ ...device, lastSync: known.syncTime })).status);
    pulls.push((await scene.wire.get(`${ward.server.url}/api/sessions`, { token: account.token })).status);
    await lifter.push(1);
  }
  checks.check(
    pulls.every((one) => one === 200),
    `full disk: pulls and reads ${pulls.join(', ')}`,
  );
  fs.rmSync(ballast);
  const back = await recovered(scene.wire, ward.server.url, account.token);
  await lifter.push();
  await checkAll(scene, checks, 'full disk', [ward, account, lifter]);
  checks.check(back < RECOVERY_MS, `full disk: back after ${seconds(back)}`);
  for (const fault of lifter.faults.filter((each) => !each.includes('→ 507')))
    checks.check(false, `full disk: ${fault}`);
  return `disk full: pushes ${status}, ${pulls.length} pulls and reads 200; works ${seconds(back)} after there is space`;
};

/** The write-ahead log on a disk of its own of 48 MB: PostgreSQL panics when that is full. */
export const logFull: Trouble = async (scene, checks) => {
  const disk = mount(scene, 48);
  fs.chmodSync(disk, 0o777);
  const ward = await admit(scene, { initdb: [`--waldir=${path.join(disk, 'wal')}`] });
  const [account] = await scene.accounts(ward.home, 1);
  const lifter = lifterOf(scene, ward, account);
  await lifter.push();
  const { status } = await pushUntilRefused(lifter);
  checks.check(status === 503 || status === 507, `full log: a push was answered ${status}`);
  for (let n = 0; n < 5; n++) {
    await lifter.push(1);
    await pause(200);
  }
  const panicked = ward.cluster.log().includes('PANIC');
  checks.check(panicked, 'full log: PostgreSQL did not panic');
  // What an operator does: room, and a start where it did not come up by itself.
  spawnSync('mount', ['-o', 'remount,size=256m', disk]);
  if (ward.cluster.processes().length === 0) await ward.cluster.up();
  const back = await recovered(scene.wire, ward.server.url, account.token);
  await lifter.push();
  await checkAll(scene, checks, 'full log', [ward, account, lifter]);
  checks.check(back < RECOVERY_MS, `full log: back after ${seconds(back)}`);
  for (const fault of lifter.faults) checks.check(false, `full log: ${fault}`);
  return `log full: PostgreSQL panics, pushes ${status}; works ${seconds(back)} after there is space, nothing acknowledged lost`;
};
