import { setImmediate } from 'node:timers/promises';

/** Lets everything that waits have its turn: other requests first, then the rest of a long computation. */
export const nextTurn = (): Promise<void> => setImmediate();
