import { metricsDownload, metricsParquet, metricsPlot, metricsUpload } from './metrics-traffic.js';
import { firstPull, idlePull, smallPull } from './pull-traffic.js';
import type { TrafficName } from './protocol.js';
import { bulkPush, phonePush, push, repeatedPush } from './push-traffic.js';
import { type Answer, type TrafficFactory, wrongStatus } from './traffic.js';

/** Whether the server's event loop turns. */
const live: TrafficFactory = () => {
  const question = {
    method: 'GET' as const,
    path: '/health/live',
    headers: {},
    check: (answer: Answer) => wrongStatus(answer, 200),
  };
  return { next: () => question };
};

/** Every kind of requests the driver can make. */
export const TRAFFICS: Readonly<Record<TrafficName, TrafficFactory>> = {
  idlePull,
  smallPull,
  firstPull,
  push,
  bulkPush,
  repeatedPush,
  phonePush,
  metricsUpload,
  metricsDownload,
  metricsParquet,
  metricsPlot,
  live,
};
