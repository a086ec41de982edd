import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import { CollectedBytes } from './collected-bytes.js';
import { JsonBounds } from './json-bounds.js';
import { type Packing, packingOf } from './unpacking.js';

export interface IntakeLimits {
  /** Bodies up to here are taken whatever else is coming in, and take no room from larger ones. */
  small: number;
  /** Bytes, packed or unpacked, whichever are more, that may be on their way in at once, from everybody and from one caller. */
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

export interface Expected {
  caller: string;
  /** Most bytes of this body, packed and unpacked. */
  limit: number;
  /** What Content-Length says, if it is there. */
  declared?: number;
  packing?: Packing;
}

/** Takes bodies of JSON in: whole, within their limits, and never more of all together than there is memory for. */
export class BodyIntake {
  private held = 0;
  private readonly byCaller = new Map<string, number>();

  constructor(private readonly limits: IntakeLimits = LIMITS) {}

  /** @throws AppError request.too_large, request.invalid, request.refused, server.unavailable */
  async collect(body: Readable, { caller, limit, declared, packing }: Expected): Promise<Buffer> {
    if (declared !== undefined && declared > limit) throw new AppError('request.too_large');
    const room = this.roomFor(caller);
    try {
      const bounds = packing === undefined ? new JsonBounds() : undefined;
      const bytes = await gather(body, { limit, room, bounds });
      if (declared !== undefined && bytes.length !== declared) throw new AppError('request.refused');
      return packing === undefined ? bytes : await unpack(bytes, packing, { limit, room });
    } finally {
      room.leave();
    }
  }

  private roomFor(caller: string): Room {
    let mine = 0;
    const change = (bytes: number) => {
      mine += bytes;
      this.held += bytes;
      const now = (this.byCaller.get(caller) ?? 0) + bytes;
      if (now > 0) this.byCaller.set(caller, now);
      else this.byCaller.delete(caller);
    };
    return {
      take: (size) => {
        if (size <= this.limits.small || size <= mine) return;
        change(size - mine);
        if (this.held > this.limits.all || (this.byCaller.get(caller) ?? 0) > this.limits.caller)
          throw new AppError('server.unavailable', { retryAfterSeconds: 5 });
      },
      leave: () => change(-mine),
    };
  }
}

/** What one body takes of the memory there is for all. */
interface Room {
  /**
   * Has room for so many bytes in all.
   * @throws AppError server.unavailable
   */
  take: (size: number) => void;
  leave: () => void;
}

interface Gathering {
  limit: number;
  room: Room;
  bounds?: JsonBounds;
  /** Told of each piece, after it. */
  taken?: (size: number) => void;
}

/** All that a stream gives. One that is refused flows on, for its sender may listen only at its end. */
function gather(stream: Readable, { limit, room, bounds, taken }: Gathering): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const bytes = new CollectedBytes(limit);
    let size = 0;
    const leave = () =>
      stream.off('data', onData).off('end', onEnd).off('error', onFault).off('close', onFault);
    const refuse = (error: unknown) => {
      leave();
      bytes.drop();
      reject(error instanceof RangeError ? noMemory(error) : error);
    };
    const onData = (chunk: Buffer) => {
      try {
        size += chunk.length;
        if (size > limit) throw new AppError('request.too_large');
        room.take(size);
        bounds?.add(chunk);
        bytes.add(chunk);
        taken?.(size);
      } catch (error) {
        refuse(error);
      }
    };
    const onFault = (cause?: unknown) => refuse(new AppError('request.refused', { cause }));
    const onEnd = () => {
      leave();
      resolve(bytes.take());
    };
    // Also after its end: an error that nobody listens to would end the process.
    stream.on('error', () => undefined);
    stream.on('data', onData).on('end', onEnd).on('error', onFault).on('close', onFault);
    stream.resume();
  });
}

const noMemory = (cause: RangeError) => new AppError('server.unavailable', { retryAfterSeconds: 5, cause });

/** Nothing is unpacked any more once it is refused: 300 KB may hold 300 MiB. */
async function unpack(packed: Buffer, packing: Packing, { limit, room }: Gathering): Promise<Buffer> {
  if ((packing.sizeIn(packed) ?? 0) > limit) throw new AppError('request.too_large');
  const unpacker = packing.unpacker();
  let [rested, timer] = [0, undefined as NodeJS.Timeout | undefined];
  const rest = (size: number) => {
    if (size - rested < REST.afterBytes || size < packed.length * REST.growth) return;
    rested = size;
    unpacker.pause();
    timer = setTimeout(() => unpacker.resume(), REST.ms);
  };
  try {
    unpacker.end(packed);
    return await gather(unpacker, { limit, room, bounds: new JsonBounds(), taken: rest });
  } finally {
    clearTimeout(timer);
    unpacker.destroy();
  }
}

/**
 * What a request says of its body.
 * @throws AppError request.unsupported_media_type
 */
export function expectedOf({ headers, routeOptions }: FastifyRequest): Expected {
  const length = headers['content-length'];
  return {
    caller: headers.authorization ?? '',
    limit: routeOptions.bodyLimit,
    declared: length === undefined ? undefined : Number(length),
    packing: packingOf(headers['content-encoding']),
  };
}
