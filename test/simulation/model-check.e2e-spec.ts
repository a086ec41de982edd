import * as fc from 'fast-check';
import { startTestApp, type TestApp } from '../support/app.js';
import { CheckRun } from './check-run.js';
import { checkCommands } from './model-check.js';
import type { Ablation } from './model/switches.js';
import { RealAccount } from './real-account.js';

const { CHECK_RUNS = '40', CHECK_SEED = '20261122' } = process.env;
const SEED = CHECK_SEED === 'random' ? Date.now() % 2 ** 31 : Number(CHECK_SEED);

/** The model and the real server, asked the same. More: CHECK_RUNS=2000 CHECK_SEED=random npm test -- model-check. */
describe('the model of the protocol', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const property = (ablation: Ablation | null) =>
    fc.asyncProperty(checkCommands, async (commands) => {
      const run = await CheckRun.begin(await RealAccount.open(app), ablation);
      for (const command of commands) await run.run(command);
      await run.end();
    });

  it(`answers as the real server does (${CHECK_RUNS} runs, seed ${SEED})`, async () => {
    await fc.assert(property(null), { numRuns: Number(CHECK_RUNS), seed: SEED });
  }, 3_600_000);

  it('does not if what a device is owed is not remembered', async () => {
    const { failed, numRuns } = await fc.check(property('noOwed'), {
      numRuns: 1000,
      seed: 20_261_122,
      endOnFailure: true,
    });
    process.stdout.write(`noOwed: differs in run ${numRuns}\n`);
    expect(failed).toBe(true);
  }, 300_000);
});
