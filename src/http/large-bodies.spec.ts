import { LargeBodies, type LargeBodyLimits } from './large-bodies.js';

const LIMITS: LargeBodyLimits = { from: 10, inWork: 100, waiting: 300, waitMs: 1000 };

/** Bodies that say when they begin and are worked on until they are told to end. */
function bodies(limits: Partial<LargeBodyLimits> = {}) {
  const gate = new LargeBodies({ ...LIMITS, ...limits });
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const come = async (caller: string, bytes: number, name = caller) => {
    const leave = await gate.enter(caller, bytes);
    begun.push(name);
    ends.set(name, leave);
  };
  const end = async (name: string, next?: Promise<void>) => {
    ends.get(name)?.();
    await next;
  };
  return { come, begun, end };
}

describe('the turns of large bodies', () => {
  it('work on as many bytes at once as they are allowed, the rest in the order of arrival', async () => {
    const { come, begun, end } = bodies();
    await Promise.all([come('a', 60), come('b', 40)]);
    const [c, d] = [come('c', 50), come('d', 50)];
    expect(begun).toEqual(['a', 'b']);
    await end('a', c);
    expect(begun).toEqual(['a', 'b', 'c']);
    await end('b', d);
    expect(begun).toEqual(['a', 'b', 'c', 'd']);
  });

  it('never hold up a small one', async () => {
    const { come, begun, end } = bodies();
    await come('a', 100);
    const b = come('b', 100);
    await come('b', 9, 'small');
    await end('a', b);
    expect(begun).toEqual(['a', 'small', 'b']);
  });

  it('let one in alone that is larger than all that is allowed, and nobody overtakes it', async () => {
    const { come, begun, end } = bodies();
    await come('a', 50);
    const [huge, later] = [come('b', 200, 'huge'), come('c', 20, 'later')];
    expect(begun).toEqual(['a']);
    await end('a', huge);
    expect(begun).toEqual(['a', 'huge']);
    await end('huge', later);
    expect(begun).toEqual(['a', 'huge', 'later']);
  });

  it('give each caller one place, so that a crowd of one caller does not stand in the way of others', async () => {
    const { come, begun, end } = bodies();
    await come('a', 20, 'a1');
    const [second, other] = [come('a', 20, 'a2'), come('b', 20)];
    await other;
    expect(begun).toEqual(['a1', 'b']);
    await end('a1', second);
    expect(begun).toEqual(['a1', 'b', 'a2']);
  });

  it('refuse with 503 and Retry-After what would have to be kept beyond the limit', async () => {
    const { come, end, begun } = bodies();
    await come('a', 100);
    const waiting = ['b', 'c', 'd'].map((name) => come(name, 100));
    await expect(come('e', 100)).rejects.toMatchObject({
      code: 'server.unavailable',
      extras: { retryAfterSeconds: 5 },
    });
    await end('a', waiting[0]);
    await end('b', waiting[1]);
    await end('c', waiting[2]);
    await end('d');
    await come('e', 100);
    expect(begun).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('refuse who has waited too long, and let the next one in all the same', async () => {
    jest.useFakeTimers();
    try {
      const { come, end, begun } = bodies({ waiting: 100 });
      await come('a', 100);
      const refusal = come('b', 100).catch((error: unknown) => error);
      jest.advanceTimersByTime(1000);
      expect(await refusal).toMatchObject({ code: 'server.unavailable' });
      const next = come('c', 100);
      await end('a', next);
      expect(begun).toEqual(['a', 'c']);
    } finally {
      jest.useRealTimers();
    }
  });
});
