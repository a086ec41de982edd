import { Recurring } from './recurring.js';

/** Work that is under way until it is told to end. */
function heldWork() {
  const ends: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const work = (signal: AbortSignal) => {
    signals.push(signal);
    return new Promise<void>((resolve) => ends.push(resolve));
  };
  return { work, ends, signals };
}

const failing = () => Promise.reject(new Error('down'));

const failed = (error: unknown) => {
  throw error;
};

describe('work that comes round again', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('begins after one wait, and again after each', async () => {
    let rounds = 0;
    const work = () => Promise.resolve(rounds++);
    const recurring = new Recurring({ everyMs: 1000, jitterMs: 0, work, failed });
    recurring.start();
    await jest.advanceTimersByTimeAsync(999);
    expect(rounds).toBe(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(rounds).toBe(1);
    await jest.advanceTimersByTimeAsync(3000);
    expect(rounds).toBe(4);
    await recurring.stop();
  });

  it('never runs twice at once, and one round more when it was wanted meanwhile', async () => {
    const { work, ends } = heldWork();
    const recurring = new Recurring({ everyMs: 60_000, jitterMs: 0, work, failed });
    recurring.soon(0);
    await jest.advanceTimersByTimeAsync(0);
    recurring.soon(10);
    recurring.soon(10);
    await jest.advanceTimersByTimeAsync(1000);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await jest.advanceTimersByTimeAsync(10);
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await recurring.stop();
  });

  it('is not put off by being wanted again and again', async () => {
    let rounds = 0;
    const work = () => Promise.resolve(rounds++);
    const recurring = new Recurring({ everyMs: 60_000, jitterMs: 0, work, failed });
    recurring.start();
    for (let n = 0; n < 10; n++) {
      recurring.soon(100);
      await jest.advanceTimersByTimeAsync(60);
    }
    expect(rounds).toBe(5);
    await recurring.stop();
  });

  it('goes on after a round that failed', async () => {
    const faults: unknown[] = [];
    const recurring = new Recurring({
      everyMs: 10,
      jitterMs: 0,
      work: failing,
      failed: (error) => faults.push(error),
    });
    recurring.start();
    await jest.advanceTimersByTimeAsync(30);
    expect(faults).toHaveLength(3);
    await recurring.stop();
  });

  it('is told to end, waited for, and never begins again', async () => {
    const { work, ends, signals } = heldWork();
    const recurring = new Recurring({ everyMs: 10, jitterMs: 0, work, failed });
    recurring.start();
    await jest.advanceTimersByTimeAsync(10);
    let stopped = false;
    const stop = recurring.stop().then(() => (stopped = true));
    await jest.advanceTimersByTimeAsync(100);
    expect([signals[0]?.aborted, stopped]).toEqual([true, false]);
    ends[0]?.();
    await stop;
    recurring.soon(0);
    await jest.advanceTimersByTimeAsync(1000);
    expect(ends).toHaveLength(1);
  });
});
