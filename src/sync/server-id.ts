import { v7 } from 'uuid';

/** A new server id: UUID of version 7, so that the ids of one push lie together in the index. */
export const uuidv7 = (): string => v7();
