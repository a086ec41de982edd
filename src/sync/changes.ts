import { Injectable } from '@nestjs/common';

/** Something of an account has changed, and is committed. */
export interface Change {
  userId: string;
  /** Who did it. */
  deviceId: string;
  /** The account's clock after it; null: sensor samples, which the clock does not count. */
  clock: number | null;
}

type Listener = (change: Change) => void;

/** Where writers of this process say that they have committed something. Whoever tells others of it listens. */
@Injectable()
export class Changes {
  private readonly listeners = new Set<Listener>();

  /** Never waits and never throws: what becomes of it is not the writer's business. */
  tell(change: Change): void {
    for (const listener of this.listeners) listener(change);
  }

  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}
