import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import { brotliCompressSync, createGunzip, gzipSync } from 'node:zlib';
import { MIB } from '../common/body-limit.js';
import { BodyIntake, type Expected } from './body-intake.js';
import { packingOf } from './unpacking.js';

const LIMITS = { small: 10, all: 100, caller: 60 };

function intakes() {
  const intake = new BodyIntake(LIMITS);
  /** A body of which `first` has come. */
  const begin = async (caller: string, first: number, expected: Partial<Expected> = {}) => {
    const payload = new PassThrough();
    const whole = intake
      .collect(payload, { caller, limit: 60, ...expected })
      .then((bytes) => bytes.length)
      .catch((error: { code: string }) => error.code);
    await come(payload, first);
    return { payload, whole };
  };
  return { begin };
}

/** A gzip of so many spaces that keeps silent about it, and what becomes of it. */
function spaces(count: number) {
  const seen = { unpacked: 0, rests: 0, destroyed: false };
  const unpacker = () => {
    const gunzip = createGunzip();
    const [push, pause] = [gunzip.push.bind(gunzip), gunzip.pause.bind(gunzip)];
    gunzip.push = (piece: Buffer | null, ...rest) => {
      seen.unpacked += piece?.length ?? 0;
      return push(piece, ...rest);
    };
    gunzip.pause = () => {
      seen.rests++;
      return pause();
    };
    return gunzip.once('close', () => (seen.destroyed = true));
  };
  return { seen, packed: gzipSync(' '.repeat(count)), packing: { unpacker, sizeIn: () => undefined } };
}

const collect = (packed: Buffer, expected: Partial<Expected>, intake = new BodyIntake()) => {
  const body = new PassThrough();
  body.end(packed);
  return intake.collect(body, { caller: 'a', limit: 2 * MIB, ...expected });
};

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

  it('are refused before they are whole when they would cost too much to parse', async () => {
    const body = new PassThrough();
    const whole = new BodyIntake().collect(body, { caller: 'a', limit: 10_000, declared: 10_000 });
    body.write('['.repeat(501));
    await expect(whole).rejects.toMatchObject({ code: 'request.invalid' });
  });

  describe('packed', () => {
    it('are unpacked', async () => {
      for (const [name, packed] of [
        ['gzip', gzipSync('[1]')],
        ['br', brotliCompressSync('[1]')],
      ] as const)
        expect((await collect(packed, { packing: packingOf(name) })).toString()).toBe('[1]');
    });

    it('are not unpacked beyond their limit, nor at all where they say that they are larger', async () => {
      const { seen, packed, packing } = spaces(64 * MIB);
      await expect(collect(packed, { packing })).rejects.toMatchObject({ code: 'request.too_large' });
      await new Promise(setImmediate);
      expect(seen.unpacked).toBeLessThan(3 * MIB);
      expect(seen.destroyed).toBe(true);
      const said = spaces(3 * MIB);
      const honest = { ...said.packing, sizeIn: () => 3 * MIB };
      const refused = collect(said.packed, { packing: honest });
      await expect(refused).rejects.toMatchObject({ code: 'request.too_large' });
      expect(said.seen.unpacked).toBe(0);
    });

    it('are held to their limit while they are packed', async () => {
      const { seen, packing } = spaces(1);
      const refused = collect(Buffer.alloc(2 * MIB + 1), { packing });
      await expect(refused).rejects.toMatchObject({ code: 'request.too_large' });
      expect(seen.unpacked).toBe(0);
    });

    it('rest while they grow, unless they grow as records do', async () => {
      const { seen, packed, packing } = spaces(8 * MIB);
      expect(await collect(packed, { packing, limit: 9 * MIB })).toHaveLength(8 * MIB);
      expect(seen.rests).toBeGreaterThanOrEqual(7);
      const records = spaces(0);
      const text = randomBytes(MIB).toString('hex');
      const whole = await collect(gzipSync(text), { packing: records.packing, limit: 9 * MIB });
      expect(whole.toString()).toBe(text);
      expect(records.seen.rests).toBe(0);
    });

    it('take room for what they hold, once, and leave it', async () => {
      const intake = new BodyIntake({ small: 10, all: 3 * MIB, caller: 3 * MIB });
      const fits = spaces(2 * MIB);
      const tooMuch = spaces(4 * MIB);
      for (let n = 0; n < 3; n++)
        expect(await collect(fits.packed, { packing: fits.packing }, intake)).toHaveLength(2 * MIB);
      const refused = collect(tooMuch.packed, { packing: tooMuch.packing, limit: 9 * MIB }, intake);
      await expect(refused).rejects.toMatchObject({ code: 'server.unavailable' });
      expect(await collect(fits.packed, { packing: fits.packing }, intake)).toHaveLength(2 * MIB);
    });

    it('say what they are: a gzip how much it holds, unless it cannot be true', () => {
      const gzip = packingOf('gzip');
      expect(gzip?.sizeIn(gzipSync(' '.repeat(5 * MIB)))).toBe(5 * MIB);
      const broken = gzipSync('x').subarray(0, -4);
      expect(gzip?.sizeIn(Buffer.concat([broken, Buffer.from('ffffff7f', 'hex')]))).toBeUndefined();
      expect(gzip?.sizeIn(Buffer.alloc(3))).toBeUndefined();
      expect([packingOf(undefined), packingOf('identity')]).toEqual([undefined, undefined]);
      for (const other of ['deflate', 'constructor', 'gzip, gzip', ''])
        expect(() => packingOf(other)).toThrow('content type or encoding');
    });
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
