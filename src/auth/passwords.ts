import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { WorkQueue } from '../common/work-queue.js';
import { QueueMeters } from '../monitoring/queue-meters.js';

export const PASSWORD_MIN_LENGTH = 8;
export const PASSWORD_MAX_LENGTH = 256;

/** OWASP's first choice for argon2id; 20 ms of a core. The algorithm is the library's default. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Half of the cores, so that a crowd signing in never starves those who sync. */
const HASHES_AT_ONCE = Math.max(1, Math.floor(availableParallelism() / 2));
/** About five seconds of work for one core: longer, and phones have given up before their turn. */
const HASHES_WAITING = 256;

/** Length in code points, which is what people count as characters; a character outside the BMP counts once. */
export const isPasswordLength = (password: string): boolean => {
  // More UTF-16 units than that are too long in any case and not worth taking apart.
  if (password.length > 2 * PASSWORD_MAX_LENGTH) return false;
  const length = Array.from(password).length;
  return length >= PASSWORD_MIN_LENGTH && length <= PASSWORD_MAX_LENGTH;
};

export interface PasswordCheck {
  held: string | null;
  password: string;
  first: () => Promise<void>;
}

/**
 * Hashes and checks passwords as the UTF-8 bytes that were sent: never cut, trimmed or otherwise changed. Hashing is
 * the one expensive thing a stranger can ask for, so all of it goes through one queue.
 */
@Injectable()
export class Passwords implements OnModuleInit {
  private readonly queue = new WorkQueue(HASHES_AT_ONCE, HASHES_WAITING, 2);
  /** The hash of a password nobody knows: checking against it takes as long as against a real one. */
  private nobodys: Promise<string> | undefined;

  constructor(meters?: QueueMeters) {
    meters?.watch('passwords', () => this.queue.load);
  }

  /** Nothing waits for it before the first password comes: the server listens 20 ms earlier. */
  onModuleInit(): void {
    void this.nobodysHash().catch(() => undefined);
  }

  /** Made once; anew if that failed. */
  private nobodysHash(): Promise<string> {
    this.nobodys ??= hash(randomBytes(32), COST).catch((error: unknown) => {
      this.nobodys = undefined;
      throw error;
    });
    return this.nobodys;
  }

  /** `first` runs when the turn has come, before the work. */
  hash(password: string, first?: () => Promise<void>): Promise<string> {
    return this.queue.run(async () => {
      await first?.();
      return hash(Buffer.from(password, 'utf8'), COST);
    });
  }

  /**
   * Whether the password is the one behind `held`; always false for null, after the same time. `first` runs when the
   * turn has come, before the work: as many as are at work can be past it without an outcome, never more.
   */
  check({ held, password, first }: PasswordCheck): Promise<boolean> {
    return this.queue.run(async () => {
      await first();
      const possible = held !== null && isPasswordLength(password);
      const right = await verify(
        possible ? held : await this.nobodysHash(),
        Buffer.from(possible ? password : '', 'utf8'),
      );
      return possible && right;
    });
  }
}
