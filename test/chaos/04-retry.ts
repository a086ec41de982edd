import { randomFrom } from '../bench/data/random.js';
import { withClient } from '../bench/lab/postgres.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import type { Home } from './tools/cluster.js';
import { DatabaseLine } from './tools/database-line.js';
import { audit, Lifter, sum } from './tools/lifter.js';
import { LossyLine } from './tools/lossy-line.js';

const PUSHES = 2000;
const ACCOUNTS = 4;
const PHONES = 4;
const LOST_TO_PHONES = 0.2;
const LOST_TO_SERVERS = 0.02;

/** History rows that say the same of the same record twice: a retry that was taken for an edit. */
async function repeatedVersions({ adminUrl }: Home): Promise<number> {
  return withClient(adminUrl, async (client) => {
    const { rows } = await client.query<{ n: string }>(
      `select count(*) as n from (
         select 1 from record_versions group by user_id, collection, server_id, content_hash having count(*) > 1) r`,
    );
    return Number(rows[0].n);
  });
}

/** Answers are lost between phones and servers and between servers and PostgreSQL; phones repeat until they have one. */
export async function safeRetry(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const random = randomFrom(scene.seed);
  const database = await DatabaseLine.to(home.url);
  scene.atEnd(() => database.close());
  const through = { ...home, url: database.url };
  const servers = [await scene.serve(through), await scene.serve(through)];
  const lines = await Promise.all(servers.map(({ url }) => LossyLine.to(url, random, LOST_TO_PHONES)));
  for (const line of lines) scene.atEnd(() => line.close());
  const accounts = await scene.accounts(home, ACCOUNTS);
  const url = () => lines[Math.floor(random() * lines.length)].url;
  const lifters = accounts.flatMap((account) =>
    Array.from({ length: PHONES }, () => new Lifter({ wire: scene.wire, account, url, random })),
  );
  database.loses = () => random() < LOST_TO_SERVERS;
  await Promise.all(
    lifters.map(async (lifter) => {
      for (let n = 0; n < PUSHES / lifters.length; n++) await lifter.push();
    }),
  );
  database.loses = () => false;
  const checks = new Checks();
  for (const { faults } of lifters) for (const fault of faults) checks.check(false, fault);
  const found = sum(
    await Promise.all(
      accounts.map(({ token }, i) =>
        audit(scene.wire, servers[0].url, token, lifters.slice(i * PHONES, (i + 1) * PHONES)),
      ),
    ),
  );
  const { records, lost, stale, strangers, duplicates, unstable } = found;
  checks.check(duplicates === 0, `${duplicates} duplicates`);
  checks.check(unstable === 0, `${unstable} records changed their server id`);
  checks.check(lost + stale === 0, `${lost} records and ${stale} edits lost`);
  checks.check(strangers === 0, `${strangers} records that nobody sent`);
  const repeated = await repeatedVersions(home);
  checks.check(repeated === 0, `${repeated} states twice in the history`);
  checks.check(database.lost.commits > 0, 'no answer to a COMMIT was lost');
  const cut = lines.reduce((all, line) => all + line.lost, 0);
  return {
    promise: 'A retry is safe.',
    done:
      `${PUSHES.toLocaleString('en-US')} pushes of ${lifters.length} phones through two processes; a fifth of the answers to phones ` +
      'and 2 % of the answers of PostgreSQL cut; repeated until answered',
    figure: checks.figure(
      `${duplicates} duplicates in ${records.toLocaleString('en-US')} records, every server id stable; ${cut} answers to phones and ` +
        `${database.lost.answers} of PostgreSQL lost, ${database.lost.commits} of them of a COMMIT`,
    ),
    held: checks.held,
  };
}
