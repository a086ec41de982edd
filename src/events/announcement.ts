import { createHash } from 'node:crypto';
import type { Change } from '../sync/changes.js';

/** The channel of PostgreSQL on which the processes of a deployment tell each other. */
export const CHANNEL = 'phoenix_changes';

/** PostgreSQL takes less than 8,000 bytes at once; an entry has 75. */
const ENTRIES_MAX = 100;
const TAG_LENGTH = 12;

/** What one process tells the others of a change: no content, and of the device only what tells it from others. */
export interface Told {
  userId: string;
  deviceTag: string;
  clock: number | null;
}

type Entry = [userId: string, deviceTag: string, clock: number | null];

interface Payload {
  from: string;
  told: Entry[];
}

export const deviceTagOf = (userId: string, deviceId: string): string =>
  createHash('sha256').update(`${userId}/${deviceId}`).digest('base64url').slice(0, TAG_LENGTH);

export const toldOf = ({ userId, deviceId, clock }: Change): Told => ({
  userId,
  deviceTag: deviceTagOf(userId, deviceId),
  clock,
});

/** At least one payload: an empty one proves that the channel works. */
export function payloadsOf(from: string, told: readonly Told[]): string[] {
  const entries = told.map(({ userId, deviceTag, clock }): Entry => [userId, deviceTag, clock]);
  const payloads: string[] = [];
  for (let n = 0; n === 0 || n < entries.length; n += ENTRIES_MAX)
    payloads.push(JSON.stringify({ from, told: entries.slice(n, n + ENTRIES_MAX) }));
  return payloads;
}

/** Undefined for what no process of ours has said. */
export function announcementIn(payload: string): { from: string; told: Told[] } | undefined {
  try {
    const { from, told } = JSON.parse(payload) as Payload;
    return { from, told: told.map(([userId, deviceTag, clock]) => ({ userId, deviceTag, clock })) };
  } catch {
    return undefined;
  }
}
