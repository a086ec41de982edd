import type { Reading } from '../database/sql.js';
import type { Collection } from './collection.js';
import { plainHash } from './content-hash.js';

/** A state of a record, by what it says and by what said it. */
export interface StateKey {
  serverId: string;
  contentHash: string;
  claimedAt: number;
  sentHash: string;
}

/**
 * States that were put away, as far as a push asks: by what they said, and by the very keys and values that once said it.
 * A record that was sent with a subset of its keys merges with another head to another content when it comes again.
 */
export class Past {
  private readonly contents = new Set<string>();
  private readonly requests = new Set<string>();

  add({ serverId, contentHash, claimedAt, sentHash }: StateKey): void {
    this.contents.add(`${serverId}/${contentHash}/${claimedAt}`);
    this.requests.add(`${serverId}/${sentHash}`);
  }

  get isEmpty(): boolean {
    return this.requests.size === 0;
  }

  has({ serverId, contentHash, claimedAt, sentHash }: StateKey): boolean {
    return (
      this.contents.has(`${serverId}/${contentHash}/${claimedAt}`) ||
      this.requests.has(`${serverId}/${sentHash}`)
    );
  }
}

/** Which of the states are in the history already; null where nothing has to be read. */
export function pastReading(
  userId: string,
  collection: Collection,
  asked: readonly StateKey[],
  past: Past,
): Reading | null {
  if (asked.length === 0) return null;
  return {
    statement: {
      name: 'states-in-history',
      text: `select v.server_id, v.content_hash, v.claimed_at, v.sent_hash from unnest($3::uuid[], $4::uuid[]) k(id, hash)
        cross join lateral (select * from record_versions v where v.user_id = $1 and v.collection = $2
          and v.server_id = k.id and v.content_hash = k.hash offset 0) v
      union
      select v.server_id, v.content_hash, v.claimed_at, v.sent_hash from unnest($3::uuid[], $5::uuid[]) k(id, hash)
        cross join lateral (select * from record_versions v where v.user_id = $1 and v.collection = $2
          and v.server_id = k.id and v.sent_hash = k.hash offset 0) v`,
      rowMode: 'array',
      values: [
        userId,
        collection.name,
        asked.map(({ serverId }) => serverId),
        asked.map(({ contentHash }) => contentHash),
        asked.map(({ sentHash }) => sentHash),
      ],
    },
    take: (rows) => {
      for (const [serverId, contentHash, claimedAt, sentHash] of rows as string[][])
        past.add({
          serverId,
          contentHash: plainHash(contentHash),
          claimedAt: Number(claimedAt),
          sentHash: plainHash(sentHash),
        });
    },
  };
}
