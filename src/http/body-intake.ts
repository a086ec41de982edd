import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import { CollectedBytes } from './collected-bytes.js';
import { JsonBounds } from './json-bounds.js';
import { whenTooLarge } from './unpacking.js';

export interface IntakeLimits {
  /** Bodies up to here are taken whatever else is coming in, and take no room from larger ones. */
  small: number;
  /** Bytes, unpacked, that may be on their way in at once, from everybody and from one caller. */
  all: number;
  caller: number;
}

/**
 * A body may take minutes to arrive, and is in memory all the while: who sends all but the last byte of many large ones would
 * fill it. A caller may have one of the largest on its way; for all together as much is held as may wait for its turn later
 * (large-bodies.ts).
 */
const LIMITS: IntakeLimits = { small: 128 * 1024, all: 128 * MIB, caller: 64 * MIB };

/**
 * Records pack to a tenth or a twentieth. A body that grows more than this has cost its sender nothing; it is unpacked a MiB at a
 * time with rests between, so that it takes less than half of a core from everybody else.
 */
const REST = { growth: 32, afterBytes: MIB, ms: 8 } as const;

/** What @fastify/compress adds to a stream that it unpacks: bytes read so far, packed. */
interface Payload extends Readable {
  receivedEncodedLength?: number;
}

export interface Expected {
  caller: string;
  /** Most bytes of this body, unpacked. */
  limit: number;
  /** What Content-Length says, if it is there. */
  declared: number | undefined;
  /** Calls back when the body itself says that it is larger than `limit`. */
  whenTooLarge?: (refuse: () => void) => void;
}

/** Takes bodies of JSON in: whole, within their limits, and never more of all together than there is memory for. */
export class BodyIntake {
  private held = 0;
  private readonly byCaller = new Map<string, number>();

  constructor(private readonly limits: IntakeLimits = LIMITS) {}

  /** @throws AppError request.too_large, request.invalid, request.refused, server.unavailable */
  async collect(payload: Payload, { caller, limit, declared, whenTooLarge }: Expected): Promise<Buffer> {
    if (declared !== undefined && declared > limit) throw new AppError('request.too_large');
    return new Promise((resolve, reject) => {
      const bytes = new CollectedBytes(limit);
      const bounds = new JsonBounds();
      let size = 0;
      let counted = 0;
      let rested = 0;
      let isOver = false;
      const leave = () => {
        isOver = true;
        payload.off('data', onData).off('end', onEnd).off('error', onFault).off('close', onFault);
        this.release(caller, counted);
      };
      const refuse = (error: unknown) => {
        leave();
        bytes.drop();
        reject(error);
      };
      const onData = (chunk: Buffer) => {
        size += chunk.length;
        if (size > this.limits.small) {
          this.add(caller, size - counted);
          counted = size;
        }
        const packed = payload.receivedEncodedLength ?? 0;
        if (size > limit || packed > limit) return refuse(new AppError('request.too_large'));
        if (size > this.limits.small && this.isFull(caller))
          return refuse(new AppError('server.unavailable', { retryAfterSeconds: 5 }));
        try {
          bounds.add(chunk);
        } catch (error) {
          return refuse(error);
        }
        bytes.add(chunk);
        if (size - rested < REST.afterBytes || size < packed * REST.growth || packed === 0) return;
        rested = size;
        payload.pause();
        setTimeout(() => isOver || payload.resume(), REST.ms);
      };
      const onFault = (cause?: unknown) => refuse(new AppError('request.refused', { cause }));
      const onEnd = () => {
        const sent = payload.receivedEncodedLength ?? size;
        if (declared !== undefined && sent !== declared) return onFault();
        leave();
        resolve(bytes.take());
      };
      // Also after its end: an error that nobody listens to would end the process.
      payload.on('error', () => undefined);
      payload.on('data', onData).on('end', onEnd).on('error', onFault).on('close', onFault);
      // What was taken is not ours to drop any more.
      whenTooLarge?.(() => isOver || refuse(new AppError('request.too_large')));
      payload.resume();
    });
  }

  private isFull(caller: string): boolean {
    return this.held > this.limits.all || (this.byCaller.get(caller) ?? 0) > this.limits.caller;
  }

  private add(caller: string, bytes: number): void {
    this.held += bytes;
    this.byCaller.set(caller, (this.byCaller.get(caller) ?? 0) + bytes);
  }

  private release(caller: string, bytes: number): void {
    this.held -= bytes;
    const left = (this.byCaller.get(caller) ?? 0) - bytes;
    if (left > 0) this.byCaller.set(caller, left);
    else this.byCaller.delete(caller);
  }
}

/** What a request says of its body. */
export function expectedOf(request: FastifyRequest): Expected {
  const { headers, routeOptions } = request;
  const length = headers['content-length'];
  const limit = routeOptions.bodyLimit;
  return {
    caller: headers.authorization ?? '',
    limit,
    declared: length === undefined ? undefined : Number(length),
    whenTooLarge: (refuse) => whenTooLarge(request, limit, refuse),
  };
}
