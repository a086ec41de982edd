import * as fc from 'fast-check';
import { startTestApp, type TestApp } from '../support/app.js';
import { commands, Simulation } from './simulation.js';

/**
 * The invariants of sync-protocol §10 over random interleavings, on real HTTP and PostgreSQL. A failing run prints its
 * seed and the shortest script. The seed is fixed, so that nobody's landing hangs on luck: explore with SIM_SEED=random
 * and more SIM_RUNS, repeat with the seed that was printed.
 */
describe('devices in any order, with any fault', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it('miss nothing, lose nothing, and end alike', async () => {
    const runs = Number(process.env.SIM_RUNS ?? 60);
    const { SIM_SEED = '20261122' } = process.env;
    const seed = SIM_SEED === 'random' ? Date.now() % 2 ** 31 : Number(SIM_SEED);
    await fc.assert(
      fc.asyncProperty(commands, async (script) => {
        const simulation = await Simulation.begin(app, app.owner);
        for (const command of script) await simulation.run(command);
        await simulation.converge();
      }),
      { numRuns: runs, seed, endOnFailure: process.env.SIM_FAST === '1' },
    );
  }, 3_600_000);
});
