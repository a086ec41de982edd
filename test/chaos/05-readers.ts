import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { judgeReaders, Reader, Writer } from './tools/cursors.js';
import { FakeClock } from './tools/fake-clock.js';
import { migrated, newCluster } from './tools/place.js';

const HOUR_MS = 3_600_000;
const RECORDS = 100_000;
const PER_PUSH = 50;
const WRITERS = 16;
/** Page sizes of the readers; undefined: all at once. */
const LIMITS = [undefined, undefined, 500, 100];

/** Sixteen devices of one account write through two processes while others read by their cursors; the clock is set back. */
export async function noneMissed(scene: Scene): Promise<Proof> {
  const clock = FakeClock.in(scene);
  const cluster = await newCluster(scene, { env: clock.env });
  const home = await migrated(cluster, 'readers');
  const servers = [await scene.serve(home, clock.env), await scene.serve(home, clock.env)];
  const [{ token }] = await scene.accounts(home, 1);
  let turn = 0;
  const options = { wire: scene.wire, url: () => servers[turn++ % servers.length].url, token };
  const writers = Array.from({ length: WRITERS }, () => new Writer(options));
  const readers = LIMITS.map((limit) => new Reader(options, limit));

  const checks = new Checks();
  const pushes = RECORDS / PER_PUSH;
  let begun = 0;
  /** Set back after a third, and put right after two. */
  const steps = new Map([
    [Math.floor(pushes / 3), -HOUR_MS],
    [Math.floor((2 * pushes) / 3), 0],
  ]);
  const writing = writers.map(async (writer) => {
    while (begun < pushes) {
      const step = steps.get(begun++);
      if (step !== undefined) {
        clock.step(step);
        await clock.seen(scene.wire, home, servers[0].url);
      }
      await writer.write(PER_PUSH);
    }
  });
  let isWriting = true;
  const written = Promise.all(writing).finally(() => {
    isWriting = false;
  });
  await Promise.all([written, ...readers.map((reader) => reader.follow(() => isWriting))]);

  const {
    missed,
    repeated,
    invented,
    backwards,
    resyncs,
    pulls,
    faults,
    written: count,
  } = judgeReaders(writers, readers);
  for (const fault of faults) checks.check(false, fault);
  checks.check(count === RECORDS, `only ${count} were acknowledged`);
  checks.check(missed === 0, `${missed} missed`);
  checks.check(repeated + invented === 0, `${repeated} came twice, ${invented} were never written`);
  checks.check(backwards === 0, `a cursor went back ${backwards} times`);
  checks.check(resyncs <= readers.length, `${resyncs} resyncs`);
  return {
    promise: 'A reader that follows its cursor misses nothing.',
    done:
      `${WRITERS} devices of one account write ${RECORDS.toLocaleString('en-US')} records through two processes, ` +
      `${readers.length} others read by their cursors; the clock of database and servers is set back an hour in between, and put right`,
    figure: checks.figure(
      `${missed} of ${count.toLocaleString('en-US')} missed by any of ${readers.length} readers in ` +
        `${pulls.toLocaleString('en-US')} pulls; cursors never went back`,
    ),
    held: checks.held,
  };
}
