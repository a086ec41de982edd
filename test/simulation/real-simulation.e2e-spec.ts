import { startTestApp, type TestApp } from '../support/app.js';
import { RealSimServer } from './real-sim-server.js';
import { simulate } from './simulate.js';

const RUNS = 25;
const SEED = 20_261_122;

/** A longer run, or another seed: npm run simulate -- --server real --runs 500 --seed N. */
describe('real clients against the real server', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  it(`miss nothing, lose nothing, and end alike, with any fault (${RUNS} runs, seed ${SEED})`, async () => {
    const { failure } = await simulate({ runs: RUNS, seed: SEED, open: () => RealSimServer.open(app) });
    expect(failure).toBeNull();
  }, 600_000);
});
