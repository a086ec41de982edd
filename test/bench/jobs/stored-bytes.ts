import { makeSamples } from '../data/samples.js';
import { decimalDeltaColumns, sizeByXz } from '../data/tightest.js';
import { FIRST_SEED, SERIES } from '../driver/metrics-traffic.js';
import type { Lab } from '../lab/lab.js';
import { withClient } from '../lab/postgres.js';
import { emptyResult, type Figure, type JobResult } from '../report/figure.js';
import type { Job } from './job.js';

const SAMPLES = 4000;
/** Enough that no page of an index weighs. */
const SECONDS = 3;

/** Bytes that `xz -9e` needs for a sample of the very same series; null where there is no xz. */
function bytesByXz(): number | null {
  let sum = 0;
  for (let i = 0; i < SERIES; i++) {
    const size = sizeByXz(decimalDeltaColumns(makeSamples(FIRST_SEED + i, SAMPLES)));
    if (size === null) return null;
    sum += size;
  }
  return sum / (SERIES * SAMPLES);
}

async function storedBytes(database: string): Promise<{ bytes: number; samples: number }> {
  return withClient(database, async (client) => {
    await client.query('vacuum analyze metric_chunks');
    const { rows } = await client.query<{ bytes: number; samples: number }>(
      `select pg_total_relation_size('metric_chunks')::float8 as bytes, sum(sample_count)::float8 as samples
       from metric_chunks`,
    );
    return rows[0];
  });
}

async function run(lab: Lab): Promise<JobResult> {
  const database = await lab.migrated('bytes');
  const server = await lab.startOurs(database);
  const driver = lab.driver();
  const accounts = await lab.accounts(SERIES, [{ name: 'ours', server, database }]);
  await driver.load('bytes', { traffic: 'metricsUpload', url: server.url, accounts, size: SAMPLES });
  const outcome = await driver.run('bytes', { connections: 4, seconds: SECONDS });
  await lab.end(server);
  driver.end();
  const { bytes, samples } = await storedBytes(database);
  const perSample = bytes / samples;
  const byXz = bytesByXz();
  const stored: Figure = {
    key: 'stored-bytes.sample',
    title: 'Stored bytes per sample after VACUUM, with TOAST and indexes',
    unit: 'B',
    rounds: [perSample],
    isBetter: 'lower',
    goal: { atMost: 13.1 },
    note: `${samples / SAMPLES} series of ${SAMPLES} samples, one chunk each`,
  };
  const ratio: Figure = {
    key: 'stored-bytes.ratio',
    title: 'Stored bytes per sample, share of xz -9e of the decimal-delta columns',
    unit: '×',
    rounds: [byXz === null ? NaN : perSample / byXz],
    isBetter: 'lower',
    goal: { atMost: 1 },
    note: byXz === null ? 'xz is not installed' : `xz needs ${byXz.toFixed(2)} B a sample`,
  };
  const { bad, fault } = outcome;
  return {
    ...emptyResult(),
    figures: [stored, ratio],
    bad: bad > 0 ? [{ job: 'stored-bytes', server: 'ours', count: bad, fault: String(fault) }] : [],
  };
}

export const storedBytesJob: Job = { name: 'stored-bytes', title: 'Stored bytes of samples', run };
