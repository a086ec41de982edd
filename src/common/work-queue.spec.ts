import { WorkQueue } from './work-queue.js';

/** Work that goes on until it is told to end. */
function pieces(queue: WorkQueue) {
  const begun: number[] = [];
  const ends: ((fault?: Error) => void)[] = [];
  const add = (name: number) =>
    queue.run(() => {
      begun.push(name);
      return new Promise<number>((resolve, reject) => {
        ends[name] = (fault) => (fault ? reject(fault) : resolve(name));
      });
    });
  return { add, begun, end: (name: number, fault?: Error) => ends[name]?.(fault) };
}

describe('a work queue', () => {
  it('does as much at once as it is wide, and the rest in the order of arrival', async () => {
    const { add, begun, end } = pieces(new WorkQueue(2, 10, 1));
    const results = [0, 1, 2, 3].map(add);
    expect(begun).toEqual([0, 1]);
    end(1);
    await results[1];
    await Promise.resolve();
    expect(begun).toEqual([0, 1, 2]);
    end(0);
    end(2);
    await results[2];
    end(3);
    expect(await Promise.all(results)).toEqual([0, 1, 2, 3]);
  });

  it('refuses what would wait beyond its depth with 503 and Retry-After, and begins none of it', async () => {
    const { add, begun, end } = pieces(new WorkQueue(1, 1, 7));
    const [first, second] = [add(0), add(1)];
    await expect(add(2)).rejects.toMatchObject({
      code: 'server.unavailable',
      extras: { retryAfterSeconds: 7 },
    });
    end(0);
    await first;
    end(1);
    await second;
    expect(begun).toEqual([0, 1]);
  });

  it('goes on after work that failed, and is free again when all is done', async () => {
    const queue = new WorkQueue(1, 1, 1);
    const { add, end } = pieces(queue);
    const [first, second] = [add(0), add(1)];
    end(0, new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    end(1);
    expect(await second).toBe(1);
    expect(await queue.run(() => Promise.resolve('at once'))).toBe('at once');
  });

  it('refuses who has waited too long, and lets the next one in all the same', async () => {
    jest.useFakeTimers();
    try {
      const { add, end, begun } = pieces(new WorkQueue(1, 5, 3, 1000, 'sync.busy'));
      const [first, second] = [add(0), add(1)];
      const refusal = second.catch((error: unknown) => error);
      jest.advanceTimersByTime(1000);
      expect(await refusal).toMatchObject({ code: 'sync.busy', extras: { retryAfterSeconds: 3 } });
      const third = add(2);
      end(0);
      await first;
      end(2);
      expect(await third).toBe(2);
      expect(begun).toEqual([0, 2]);
    } finally {
      jest.useRealTimers();
    }
  });
});
