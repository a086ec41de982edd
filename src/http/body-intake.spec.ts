import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { BodyIntake, type Expected } from './body-intake.js';

const LIMITS = { small: 10, all: 100, caller: 60 };

function intakes() {
  const intake = new BodyIntake(LIMITS);
  /** A body of which `first` has come. */
  const begin = async (caller: string, first: number, expected: Partial<Expected> = {}) => {
    const payload = new PassThrough();
    const whole = intake
      .collect(payload, { caller, limit: 60, declared: undefined, ...expected })
      .then((bytes) => bytes.length)
      .catch((error: { code: string }) => error.code);
    await come(payload, first);
    return { payload, whole };
  };
  return { begin };
}

/** Writes, and returns when it was read. */
async function come(payload: PassThrough, bytes: number): Promise<void> {
  payload.write(Buffer.alloc(bytes));
  await new Promise(setImmediate);
}

describe('bodies on their way in', () => {
  it('arrive whole', async () => {
    const { begin } = intakes();
    const { payload, whole } = await begin('a', 20, { declared: 50 });
    payload.end(Buffer.alloc(30));
    expect(await whole).toBe(50);
  });

  it('are refused beyond their own limit, at once where they say so themselves', async () => {
    const { begin } = intakes();
    expect(await (await begin('a', 61)).whole).toBe('request.too_large');
    expect(await (await begin('a', 0, { limit: 5, declared: 6 })).whole).toBe('request.too_large');
  });

  it('are refused before they are whole when they say that they are too large, or would cost too much to parse', async () => {
    const { begin } = intakes();
    const trailer = new EventEmitter();
    const { whole, payload } = await begin('a', 20, {
      whenTooLarge: (refuse) => trailer.on('too large', refuse),
    });
    trailer.emit('too large');
    expect(await whole).toBe('request.too_large');
    payload.end();

    const dear = new PassThrough();
    const other = new BodyIntake().collect(dear, { caller: 'a', limit: 10_000, declared: 10_000 });
    dear.write('['.repeat(501));
    await expect(other).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('stay whole for who took them, whatever is said of them later', async () => {
    const trailer = new EventEmitter();
    const payload = new PassThrough();
    const taken = new BodyIntake().collect(payload, {
      caller: 'a',
      limit: 60,
      declared: 50,
      whenTooLarge: (refuse) => trailer.on('too large', refuse),
    });
    payload.end(Buffer.alloc(50, 'x'));
    const bytes = await taken;
    trailer.emit('too large');
    expect(bytes.toString()).toBe('x'.repeat(50));
  });

  it.each([
    ['cut', (payload: PassThrough) => payload.destroy()],
    ['broken', (payload: PassThrough) => payload.destroy(new Error('unpacking failed'))],
    ['shorter than they said', (payload: PassThrough) => payload.end()],
  ])('are refused when they are %s', async (_, end) => {
    const { begin } = intakes();
    const { payload, whole } = await begin('a', 20, { declared: 50 });
    end(payload);
    expect(await whole).toBe('request.refused');
  });

  it('of one caller may be so many bytes, of others as many again, and small ones always', async () => {
    const { begin } = intakes();
    const held = await begin('a', 50);
    expect(await (await begin('a', 20)).whole).toBe('server.unavailable');
    const small = await begin('a', 8);
    small.payload.end();
    expect(await small.whole).toBe(8);
    const other = await begin('b', 40);
    expect(await (await begin('c', 20)).whole).toBe('server.unavailable');
    for (const { payload } of [held, other]) payload.end();
    expect(await Promise.all([held.whole, other.whole])).toEqual([50, 40]);
  });

  it('take no room from larger ones while they are small, however many they are', async () => {
    const { begin } = intakes();
    for (let n = 0; n < 30; n++) await begin('a', 9);
    const { payload, whole } = await begin('a', 60);
    payload.end();
    expect(await whole).toBe(60);
  });

  it('leave their room when they are gone', async () => {
    const { begin } = intakes();
    for (let n = 0; n < 5; n++) {
      const { payload, whole } = await begin('a', 50);
      payload.destroy();
      expect(await whole).toBe('request.refused');
    }
    const { payload, whole } = await begin('a', 60);
    payload.end();
    expect(await whole).toBe(60);
  });
});
