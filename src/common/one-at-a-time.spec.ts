import { OneAtATime } from './one-at-a-time.js';

const REFUSED = { code: 'server.unavailable', extras: { retryAfterSeconds: 30 } };
const RUNNING = { code: 'export.running' };

describe('places for long work, one of each account', () => {
  it('has one of each account at a time, also while that one waits', async () => {
    const places = new OneAtATime(1, 'export.running');
    const leave = await places.enter('a');
    const waiting = places.enter('b');
    await expect(places.enter('a')).rejects.toMatchObject(RUNNING);
    await expect(places.enter('b')).rejects.toMatchObject(RUNNING);
    leave();
    (await waiting)();
    (await places.enter('a'))();
  });

  it('has its place back once, however often that is said', async () => {
    const places = new OneAtATime(1, 'export.running', { waiting: 0 });
    const leave = await places.enter('a');
    leave();
    leave();
    const other = await places.enter('b');
    await expect(places.enter('a')).rejects.toMatchObject(REFUSED);
    other();
  });

  it('refuses the 33rd that would wait, whose account may come again', async () => {
    const places = new OneAtATime(1, 'export.running');
    const leave = await places.enter('first');
    const hangUps = Array.from({ length: 32 }, () => new AbortController());
    const waiting = hangUps.map(({ signal }, n) => places.enter(`waits ${n}`, signal));
    for (let times = 0; times < 2; times++)
      await expect(places.enter('one too many')).rejects.toMatchObject(REFUSED);
    for (const hangUp of hangUps) hangUp.abort();
    for (const { status } of await Promise.allSettled(waiting)) expect(status).toBe('rejected');
    leave();
    (await places.enter('one too many'))();
  });

  it('refuses who has waited too long, whose account may come again', async () => {
    jest.useFakeTimers();
    try {
      const places = new OneAtATime(1, 'export.running', { waitMs: 50 });
      const leave = await places.enter('a');
      const refusal = places.enter('b').catch((error: unknown) => error);
      jest.advanceTimersByTime(50);
      expect(await refusal).toMatchObject(REFUSED);
      const again = places.enter('b');
      leave();
      (await again)();
    } finally {
      jest.useRealTimers();
    }
  });

  it('lets go at once of who hangs up while waiting: the account may come again, the next one moves up', async () => {
    const places = new OneAtATime(1, 'export.running', { waiting: 2 });
    const leave = await places.enter('a');
    const hangUp = new AbortController();
    const gone = places.enter('b', hangUp.signal);
    const next = places.enter('c');
    hangUp.abort();
    await expect(gone).rejects.toMatchObject(REFUSED);
    const again = places.enter('b');
    leave();
    (await next)();
    (await again)();
  });

  it('begins nothing for who has hung up before, and keeps the place of who does so afterwards', async () => {
    const places = new OneAtATime(1, 'export.running', { waiting: 1 });
    await expect(places.enter('a', AbortSignal.abort())).rejects.toMatchObject(REFUSED);
    const first = await places.enter('b');
    const later = new AbortController();
    const waiting = places.enter('a', later.signal);
    first();
    const leave = await waiting;
    later.abort();
    await expect(places.enter('a')).rejects.toMatchObject(RUNNING);
    leave();
    (await places.enter('a'))();
  });
});
