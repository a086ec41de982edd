import type { ServerProcess } from '../../support/server-process.js';
import type { Checks } from '../promise.js';
import type { Scene } from '../scene.js';
import type { Cluster, ClusterOptions, Home } from '../tools/cluster.js';
import { Crowd, type Moment, slowest, tally } from '../tools/crowd.js';
import { migrated, newCluster } from '../tools/place.js';
import { until } from '../tools/until.js';
import type { Wire } from '../tools/wire.js';

/** No request may take longer, whatever the database does. */
export const REQUEST_MS = 30_000;
/** By then everything works again. */
export const RECOVERY_MS = 5_000;
/** How long we look on before we call it no recovery at all. */
export const PATIENCE_MS = 60_000;

/** One kind of trouble: what was found, in a few words. */
export type Trouble = (scene: Scene, checks: Checks) => Promise<string>;

export interface Ward {
  cluster: Cluster;
  home: Home;
  server: ServerProcess;
}

/** A PostgreSQL of one's own, which may be hurt, and a server on it. */
export async function admit(scene: Scene, options: Partial<ClusterOptions> = {}): Promise<Ward> {
  const cluster = await newCluster(scene, options);
  const home = await migrated(cluster, 'trouble');
  return { cluster, home, server: await scene.serve(home) };
}

export async function crowdOn(scene: Scene, { home, server }: Ward, size = 12): Promise<Crowd> {
  const accounts = await scene.accounts(home, size);
  const crowd = new Crowd({ wire: scene.wire, url: () => server.url, accounts, seed: scene.seed });
  scene.atEnd(() => crowd.stop());
  return crowd;
}

/** From now until two pushes in a row are acknowledged, ms. */
export async function recovered(wire: Wire, url: string, token: string): Promise<number> {
  let last = 0;
  const began = performance.now();
  await until('a push after the trouble', PATIENCE_MS, async () => {
    const body = { deviceId: 'nurse', lastSync: 0, sessions: [] };
    const { status } = await wire.post(`${url}/api/sync/push`, { token, body });
    last = status === 200 ? last + 1 : 0;
    return last === 2;
  });
  return performance.now() - began;
}

/** Answers in trouble are success or 503 with Retry-After, and come in time. */
export function judge(checks: Checks, what: string, moments: readonly Moment[], limitMs: number): string {
  const odd = moments.filter(({ status }) => status !== 200 && status !== 503);
  checks.check(odd.length === 0, `${what}: ${tally(odd)}`);
  const rude = moments.filter(({ status, retryAfter }) => status === 503 && !retryAfter);
  checks.check(rude.length === 0, `${what}: ${rude.length} × 503 without Retry-After`);
  checks.check(
    slowest(moments) <= limitMs,
    `${what}: a request took ${(slowest(moments) / 1000).toFixed(1)} s`,
  );
  return `${tally(moments)}, slowest ${seconds(slowest(moments))}`;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
