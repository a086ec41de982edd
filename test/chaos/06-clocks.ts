import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { randomFrom } from '../bench/data/random.js';
import type { NewAccount } from '../bench/lab/accounts.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import type { Home } from './tools/cluster.js';
import { Reader } from './tools/cursors.js';
import { Device } from './tools/device.js';
import { FakeClock } from './tools/fake-clock.js';
import { audit, Lifter, Shift, sum } from './tools/lifter.js';
import { migrated, newCluster } from './tools/place.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
/** Tokens that live through all of it: who has to sign in again is another matter. */
const LIFE_SECONDS = (30 * YEAR_MS) / 1000;
const RECORDS = 20;

interface Place {
  clock: FakeClock;
  home: Home;
  url: string;
  account: NewAccount;
}

/** Database and server go by a clock that is wrong from their first moment. */
async function wrongFromStart(scene: Scene, offsetMs: number): Promise<Place> {
  const clock = FakeClock.in(scene, offsetMs);
  const cluster = await newCluster(scene, { env: clock.env });
  const home = await migrated(cluster, 'clocks');
  const { url } = await scene.serve(home, clock.env);
  const [account] = await scene.accounts(home, 1, LIFE_SECONDS);
  return { clock, home, url, account };
}

/** Phones work while the clock is wrong, some of them wrong themselves; then it is right, and they go on. */
async function wrongThenRight(scene: Scene, name: string, offsetMs: number, checks: Checks): Promise<string> {
  const { clock, home, url, account } = await wrongFromStart(scene, offsetMs);
  await clock.seen(scene.wire, home, url);
  const device = (clockMs = 0) => new Device({ wire: scene.wire, url, token: account.token, clockMs });
  const [maria, watch, ahead, behind] = [device(), device(), device(10 * YEAR_MS), device(-YEAR_MS)];
  const ids = Array.from({ length: RECORDS }, () => randomUUID());
  let edit = 0;
  const everybody = [maria, watch, ahead, behind];
  const editBy = async (who: Device, when: string) => {
    edit++;
    const { superseded } = await who.push(ids, `edit ${edit}`);
    checks.check(
      superseded === 0,
      `${name}, ${when}: ${superseded} edits of what the phone had seen did not win`,
    );
    for (const each of everybody) {
      await each.pull();
      const stuck = ids.filter((id) => each.names.get(id) !== `edit ${edit}`).length;
      checks.check(stuck === 0, `${name}, ${when}: ${stuck} records did not reach another device`);
    }
  };
  for (const who of [maria, watch, ahead, behind, maria, ahead]) await editBy(who, 'while wrong');
  clock.step(0);
  await clock.seen(scene.wire, home, url);
  // Who had not seen the last edit loses to a time in the future, is told, and wins with the next one.
  const stranger = device();
  const first = await stranger.push(ids, 'by a stranger');
  await stranger.pull();
  await stranger.push(ids, 'by a stranger again');
  for (const each of everybody) await each.pull();
  const frozen = ids.filter((id) => maria.names.get(id) !== 'by a stranger again').length;
  checks.check(frozen === 0, `${name}: ${frozen} records take no more edits`);
  for (const who of [maria, behind, watch, ahead, maria]) await editBy(who, 'right again');
  for (const { resyncs, backwards } of everybody) {
    checks.check(backwards === 0, `${name}: a cursor went back`);
    checks.check(resyncs === 0, `${name}: ${resyncs} cursors were forgotten`);
  }
  return `${name}: ${edit} rounds of edits all won, a stranger’s ${first.superseded > 0 ? 'once it had seen the last' : 'at once'}`;
}

const STEPS_MS = [HOUR_MS, -HOUR_MS, DAY_MS, 0, -DAY_MS, 10 * YEAR_MS, 0];

/** The clock is set again and again under load. */
async function stepped(scene: Scene, checks: Checks): Promise<string> {
  const { clock, home, url, account } = await wrongFromStart(scene, 0);
  const random = randomFrom(scene.seed);
  const options = { wire: scene.wire, account, url: () => url, random };
  const lifters = Array.from({ length: 6 }, () => new Lifter(options));
  const reader = new Reader(
    { wire: scene.wire, url: () => url, token: account.token },
    undefined,
    'sessions',
  );
  const shift = new Shift(lifters);
  let goesOn = true;
  const following = reader.follow(() => goesOn);
  for (const step of STEPS_MS) {
    clock.step(step);
    await clock.seen(scene.wire, home, url);
    await pause(1000);
  }
  await shift.end();
  goesOn = false;
  await following;
  const found = sum([await audit(scene.wire, url, account.token, lifters)]);
  checks.check(
    found.lost + found.stale === 0,
    `stepped: ${found.lost} records and ${found.stale} edits lost`,
  );
  checks.check(
    found.strangers + found.duplicates + found.unstable === 0,
    `stepped: ${JSON.stringify(found)}`,
  );
  const missed = lifters
    .flatMap(({ records }) => [...records.keys()])
    .filter((id) => !reader.got.has(id)).length;
  checks.check(missed === 0, `stepped: a reader missed ${missed}`);
  checks.check(reader.backwards + reader.resyncs === 0, 'stepped: a cursor went back');
  for (const { faults } of lifters) for (const fault of faults) checks.check(false, `stepped: ${fault}`);
  return `set ${STEPS_MS.length} times under load: ${found.lost} of ${found.records.toLocaleString('en-US')} lost, ${missed} missed by a reader`;
}

/** Clocks of server, database and phones that are years off, and that are set while everybody works. */
export async function wrongClocks(scene: Scene): Promise<Proof> {
  const checks = new Checks();
  const words: string[] = [];
  for (const [name, offsetMs] of [
    ['+10 years', 10 * YEAR_MS],
    ['−1 year', -YEAR_MS],
  ] as const)
    words.push(await scene.part((part) => wrongThenRight(part, name, offsetMs, checks)));
  words.push(await scene.part((part) => stepped(part, checks)));
  return {
    promise: 'A wrong clock, the phone’s or the server’s, loses nothing and freezes no record.',
    done: 'server and PostgreSQL ten years ahead and a year behind (libfaketime), phones right, ten years ahead and a year behind, then the clock put right; and the clock set while phones push',
    figure: checks.figure(words.join('; ')),
    held: checks.held,
  };
}
