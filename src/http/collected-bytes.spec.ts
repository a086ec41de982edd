import { randomBytes } from 'node:crypto';
import { CollectedBytes } from './collected-bytes.js';

const MIB = 1024 * 1024;

describe('collected bytes', () => {
  it.each([0, 1, 1000, MIB, MIB + 1, 5 * MIB, 12 * MIB + 7, 16 * MIB])(
    'are what came, in order: %d',
    (size) => {
      const sent = randomBytes(size);
      const collected = new CollectedBytes(16 * MIB);
      for (let at = 0; at < size; at += 60_000) collected.add(sent.subarray(at, at + 60_000));
      const bytes = collected.take();
      expect(bytes.length).toBe(size);
      expect(bytes.equals(sent)).toBe(true);
      expect(bytes.toString('latin1', 0, 100)).toBe(sent.toString('latin1', 0, 100));
    },
  );

  it('are the same byte by byte, and take no more than twice their room', () => {
    const sent = randomBytes(20_000);
    const collected = new CollectedBytes(MIB);
    for (let at = 0; at < sent.length; at++) collected.add(sent.subarray(at, at + 1));
    const bytes = collected.take();
    expect(bytes.equals(sent)).toBe(true);
    expect(bytes.buffer.byteLength).toBeLessThanOrEqual(40_000);
  });

  it('do not write over what they were given', () => {
    const sent = Buffer.from('first');
    const collected = new CollectedBytes(MIB);
    collected.add(sent.subarray(0, 2));
    collected.add(Buffer.from('XYZ'));
    expect([sent.toString(), collected.take().toString()]).toEqual(['first', 'fiXYZ']);
  });

  it('are gone at once when they are not wanted', () => {
    const collected = new CollectedBytes(16 * MIB);
    for (let piece = 0; piece < 8; piece++) collected.add(Buffer.alloc(MIB, 1));
    const bytes = collected.take();
    collected.drop();
    expect(bytes).toHaveLength(0);
  });
});
