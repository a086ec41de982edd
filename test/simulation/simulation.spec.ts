import { ModelSimServer } from './model-sim-server.js';
import { simulate } from './simulate.js';

const RUNS = 1000;
const SEED = 20_261_122;

const open = () => Promise.resolve(new ModelSimServer(null));

/** A longer run, or another seed: npm run simulate -- --runs 20000 --seed N. */
describe('real clients against the model of the protocol', () => {
  it(`miss nothing, lose nothing, and end alike, with any fault (${RUNS} runs, seed ${SEED})`, async () => {
    const { failure } = await simulate({ runs: RUNS, seed: SEED, open });
    expect(failure).toBeNull();
  }, 300_000);
});
