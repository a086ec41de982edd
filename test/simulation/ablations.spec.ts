import { ABLATIONS, type Ablation } from './model/switches.js';
import { ModelSimServer } from './model-sim-server.js';
import { simulate } from './simulate.js';

const RUNS = 2000;
const SEED = 20_261_122;

/**
 * A simulation that sees nothing is green, too: here every rule of the protocol is left out once. What a device is owed it is
 * told twice, with the answer to its push and with its next pull; a SyncManager misses it only where both are left out
 * (`noTelling`). The mark alone (`noOwed`) is for phones without a receipt: model-check misses it.
 */
describe('the simulation sees at once when', () => {
  it.each(Object.entries(ABLATIONS).filter(([name]) => name !== 'noOwed'))(
    `%s: %s (within ${RUNS} runs, seed ${SEED})`,
    async (name) => {
      const open = () => Promise.resolve(new ModelSimServer(name as Ablation));
      const { runs, failure } = await simulate({ runs: RUNS, seed: SEED, open, isHasty: true });
      const [, invariant] = /invariant (\d) is violated/.exec(failure ?? '') ?? [];
      process.stdout.write(`${name}: invariant ${invariant} is violated in run ${runs}\n`);
      expect(invariant).toBeDefined();
    },
    300_000,
  );
});
