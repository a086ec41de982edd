import { once } from 'node:events';
import { Readable } from 'node:stream';
import { AnswerStreams } from './answer-streams.js';

describe('answers that are streamed', () => {
  it('of one account are three at a time, those of others wait for nobody’s sake but the pool’s', async () => {
    const streams = new AnswerStreams(8);
    const leaves = [await streams.enter('a'), await streams.enter('a'), await streams.enter('a')];
    await expect(streams.enter('a')).rejects.toMatchObject({
      code: 'sync.busy',
      extras: { retryAfterSeconds: 5 },
    });
    leaves.push(await streams.enter('b'));
    // Half of the pool is taken: c has its turn when somebody is done.
    let begun = false;
    const c = streams.enter('c').then((leave) => {
      begun = true;
      return leave;
    });
    await new Promise(setImmediate);
    expect(begun).toBe(false);
    leaves[0]?.();
    leaves[0] = await c;
    leaves[1]?.();
    leaves[1] = await streams.enter('a');
    for (const leave of leaves) leave();
  });

  it('are cut when they take too long, and left alone when they end', async () => {
    jest.useFakeTimers();
    try {
      const streams = new AnswerStreams(2, 1000);
      const slow = streams.bound(new Readable({ read: () => undefined }));
      const [fault] = await Promise.all([
        once(slow, 'error').then(([error]: unknown[]) => error),
        jest.advanceTimersByTimeAsync(1000),
      ]);
      expect(fault).toMatchObject({ code: 'server.unavailable' });
      const quick = streams.bound(Readable.from(['a']));
      quick.resume();
      await jest.advanceTimersByTimeAsync(0);
      expect(jest.getTimerCount()).toBe(0);
      expect(quick.errored).toBeNull();
    } finally {
      jest.useRealTimers();
    }
  });
});
