import { startTestApp } from '../support/app.js';
import { ModelSimServer } from './model-sim-server.js';
import type { Ablation } from './model/switches.js';
import { RealSimServer } from './real-sim-server.js';
import { simulate, type SimulationResult } from './simulate.js';
import type { SimServer } from './server.js';

/** One process of scripts/simulate.mjs: runs its share and tells its parent. */

export interface Job {
  runs: number;
  seed: number;
  server: 'model' | 'real';
  ablation: Ablation | null;
  path?: string;
}

export type Message = { runs: number } | { result: SimulationResult };

const REPORT_MS = 500;

const tell = (message: Message) => process.send?.(message);

async function work({ server, ablation, ...job }: Job): Promise<void> {
  const app = server === 'real' ? await startTestApp() : null;
  const open = (): Promise<SimServer> =>
    app ? RealSimServer.open(app) : Promise.resolve(new ModelSimServer(ablation));
  let told = Date.now();
  const onRun = (runs: number) => {
    if (Date.now() - told < REPORT_MS) return;
    told = Date.now();
    tell({ runs });
  };
  tell({ result: await simulate({ ...job, open, onRun }) });
  await app?.close();
  process.disconnect();
}

await work(JSON.parse(process.argv[2]) as Job);
