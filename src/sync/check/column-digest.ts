import { createHash } from 'node:crypto';
import { shortestFloat } from '../../common/float32.js';
import type { Collection } from '../collection.js';
import { canonicalJson } from '../content-hash.js';
import type { CollectionDigest } from '../sync.dto.js';
import type { HeadRow } from './head-rows.js';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** What a device without row numbers of its own calls a record. */
const shownId = (record: { serverId: string; clientId: string; localDevice: string | null }) =>
  record.localDevice === null ? record.clientId : record.serverId;

/**
 * The digest of one collection once more, from the columns of the heads: what the statements and the JSON of the digest that
 * devices are given must agree with. `counted` holds the server ids that counted in the collections before.
 */
export class ColumnDigest {
  private readonly records: { key: string; hash: string }[] = [];
  private readonly ids = new Set<string>();

  constructor(
    private readonly collection: Collection,
    private readonly counted: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  add(head: HeadRow): void {
    const { collection } = this;
    if (collection.isDeleted(head.content) || !this.isRooted(head)) return;
    const { values, extra } = head.content;
    const content: Record<string, unknown> = {};
    for (const [index, { name, kind }] of collection.fields.entries()) {
      const value = values[index];
      content[name] =
        kind === 'real' && typeof value === 'number' ? shortestFloat(Math.fround(value)) : value;
    }
    for (const [place, { name }] of collection.references.entries()) {
      const parent = head.parents[place];
      if (parent) content[name] = shownId(parent);
    }
    Object.assign(content, extra);
    const key = (collection.isSingleton ? head.clientId : shownId(head)).toLowerCase();
    this.records.push({
      key,
      hash: sha256(`${key}\n${String(content.updatedAt)}\n${canonicalJson(content)}`),
    });
    this.ids.add(head.serverId);
  }

  /** A record counts if all that it belongs to does. */
  private isRooted({ content, parents }: HeadRow): boolean {
    return this.collection.references.every(({ index, parent }, place) => {
      if (content.values[index] === null) return true;
      const id = parents[place]?.serverId;
      return id !== undefined && this.counted.get(parent)?.has(id);
    });
  }

  result(): { digest: CollectionDigest; ids: ReadonlySet<string> } {
    const lines = this.records
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ key, hash }) => `${key}:${hash}\n`);
    return { digest: { count: lines.length, hash: sha256(lines.join('')) }, ids: this.ids };
  }
}
