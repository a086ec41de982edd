import type { Readable } from 'node:stream';
import zlib from 'node:zlib';
import type { FastifyRequest } from 'fastify';
import { MIB } from '../common/body-limit.js';

/**
 * `chunkSize`: bytes that come out at a time. Each piece is a way to a thread and back: with Node's 16 KiB unpacking 64 MiB took
 * 190 ms and as much CPU, with these 25 ms; a body of 2 KB costs the same with either. `writableHighWaterMark`: packed bytes
 * that are taken before they are unpacked, so that the end of a small body is seen before its beginning has become large.
 */
const OPTIONS = { chunkSize: 256 * 1024, writableHighWaterMark: MIB };

/** For @fastify/compress: `node:zlib`, unpacking in larger pieces. */
export const unpacking = {
  ...zlib,
  createGunzip: () => zlib.createGunzip(OPTIONS),
  createBrotliDecompress: () => zlib.createBrotliDecompress(OPTIONS),
};

/** A gzip ends with how much it holds, little-endian (RFC 1952 §2.3.1, ISIZE). */
const TRAILER_BYTES = 4;
/** A byte of deflate cannot hold more: what says so is broken, and no size. */
const MOST_PER_BYTE = 1032;

/**
 * Calls back when a whole gzip has come that says itself that it holds more than `limit` bytes; no honest one says more than
 * it holds. A lie, or 4 GiB and more, is found by who counts what comes out.
 */
export function whenTooLarge({ raw, headers }: FastifyRequest, limit: number, refuse: () => void): void {
  if (headers['content-encoding'] !== 'gzip') return;
  let last: Buffer = Buffer.alloc(0);
  let packedBytes = 0;
  raw.on('data', (chunk: Buffer) => {
    packedBytes += chunk.length;
    last =
      chunk.length >= TRAILER_BYTES
        ? chunk.subarray(-TRAILER_BYTES)
        : Buffer.concat([last, chunk]).subarray(-TRAILER_BYTES);
  });
  raw.on('end', () => {
    const bytes = last.length < TRAILER_BYTES ? 0 : last.readUInt32LE();
    if (bytes > limit && bytes <= packedBytes * MOST_PER_BYTE) refuse();
  });
}

/**
 * Unpacks no more of a body that was refused: 300 KB may hold 300 MiB. What still comes is read, packed as it is, and thrown
 * away until the answer is sent and Fastify ends the connection.
 */
export function stopUnpacking({ raw }: FastifyRequest, payload: Readable): void {
  if (payload === raw) return;
  payload.pause();
  raw.unpipe();
  raw.resume();
}
