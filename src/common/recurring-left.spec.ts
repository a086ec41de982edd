import { leaveRecurringWorkToServers, Recurring } from './recurring.js';

describe('recurring work', () => {
  beforeAll(() => void jest.useFakeTimers());
  afterAll(() => void jest.useRealTimers());

  it('is not begun where it is left to servers', async () => {
    const rounds: string[] = [];
    const make = (name: string) =>
      new Recurring({
        everyMs: 1000,
        jitterMs: 0,
        work: () => Promise.resolve(rounds.push(name)),
        failed: (error) => rounds.push(String(error)),
      });
    const before = make('before');
    before.start();
    await jest.advanceTimersByTimeAsync(1500);
    await before.stop();
    leaveRecurringWorkToServers();
    const [polled, woken] = [make('polled'), make('woken')];
    polled.start();
    woken.soon(0);
    await jest.advanceTimersByTimeAsync(10_000);
    expect(rounds).toEqual(['before']);
  });
});
