import { firstPullExtras } from './first-pull-extras.js';
import { growthJob } from './growth.js';
import { interferenceJob } from './interference.js';
import type { Job } from './job.js';
import { loadJob } from './load.js';
import { memoryJob, startJob } from './process-jobs.js';
import { rowsWritten } from './rows-written.js';
import { storedBytesJob } from './stored-bytes.js';
import { trafficJob } from './traffic-job.js';
import { wallJob } from './wall.js';

const USERS = 512;
const FEW_USERS = 16;

const sync: Job[] = [
  trafficJob({
    name: 'idle-pull',
    title: 'Pull, nothing new',
    traffic: 'idlePull',
    connections: 32,
    accounts: USERS,
    unit: 'pull',
    scale: 'ms',
    cpuAtMost: 0.25,
    ratioAtLeast: 0.6,
  }),
  trafficJob({
    name: 'push',
    title: 'Push of one workout',
    traffic: 'push',
    connections: 16,
    accounts: USERS,
    unit: 'push',
    scale: 'ms',
    cpuAtMost: 1,
    ratioAtLeast: 0.8,
  }),
  trafficJob({
    name: 'bulk-push',
    title: 'Push of 1,000 sets',
    traffic: 'bulkPush',
    connections: 4,
    accounts: FEW_USERS,
    size: 1000,
    unit: 'row',
    unitsPerRequest: 1000,
    scale: 'µs',
    cpuAtMost: 35,
    ratioAtLeast: 0.85,
  }),
  trafficJob({
    name: 'repeated-push',
    title: 'The same push again, nothing changed',
    traffic: 'repeatedPush',
    connections: 4,
    accounts: FEW_USERS,
    size: 1000,
    unit: 'row',
    unitsPerRequest: 1000,
    scale: 'µs',
    cpuAtMost: 12,
    more: rowsWritten,
  }),
  trafficJob({
    name: 'phone-push',
    title: '10,000 unchanged records of 13 keys and a new one',
    traffic: 'phonePush',
    connections: 2,
    accounts: 4,
    size: 10_000,
    unit: 'push',
    scale: 'ms',
    cpuAtMost: 150,
  }),
  trafficJob({
    name: 'first-pull',
    title: 'First pull of 5,000 sets',
    traffic: 'firstPull',
    connections: 2,
    accounts: 4,
    size: 5000,
    unit: 'row',
    unitsPerRequest: 5000,
    scale: 'µs',
    cpuAtMost: 20,
    ratioAtLeast: 0.85,
    more: firstPullExtras(5000),
  }),
  trafficJob({
    name: 'small-pull',
    title: 'Pull of 3 changed records',
    traffic: 'smallPull',
    connections: 16,
    accounts: 1000,
    unit: 'pull',
    scale: 'ms',
    cpuAtMost: 0.8,
    isFinite: true,
  }),
];

const metrics: Job[] = [
  trafficJob({
    name: 'upload',
    title: 'Upload of 4,000 samples',
    traffic: 'metricsUpload',
    connections: 4,
    accounts: FEW_USERS,
    size: 4000,
    unit: 'upload',
    scale: 'ms',
    cpuAtMost: 16,
    ratioAtLeast: 0.9,
  }),
  trafficJob({
    name: 'download',
    title: 'Download of 4,000 samples as JSON',
    traffic: 'metricsDownload',
    connections: 4,
    accounts: FEW_USERS,
    size: 4000,
    unit: 'download',
    scale: 'ms',
    cpuAtMost: 16,
    ratioAtLeast: 0.9,
  }),
  trafficJob({
    name: 'parquet',
    title: 'Download of 4,000 samples as Parquet',
    traffic: 'metricsParquet',
    connections: 4,
    accounts: FEW_USERS,
    size: 4000,
    unit: 'download',
    scale: 'ms',
    cpuAtMost: 1,
    ratioAtLeast: null,
  }),
  trafficJob({
    name: 'plot',
    title: 'Plot of 500 points from 20,000 samples',
    traffic: 'metricsPlot',
    connections: 4,
    accounts: FEW_USERS,
    size: 20_000,
    unit: 'plot',
    scale: 'ms',
    cpuAtMost: 12,
  }),
];

/** In the order in which they run. */
export const JOBS: readonly Job[] = [
  ...sync,
  ...metrics,
  storedBytesJob,
  interferenceJob,
  growthJob,
  memoryJob,
  startJob,
  loadJob,
  wallJob,
];
