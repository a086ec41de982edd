import type { Sql } from '../../database/sql.js';
import { type Collection, type Extra, storedValue } from '../collection.js';
import { plainHash, type Value } from '../content-hash.js';
import type { Faults } from './faults.js';
import { isHashOfOldServer } from './old-hash.js';

interface VersionRow {
  id: string;
  version: number;
  contentHash: string;
  claimedAt: number;
  /** Null once it is past its time. */
  content: Record<string, Value> | null;
  found: boolean;
}

const PAGE = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

const pageSql = ({ name, sql }: Collection) => `
  select v.server_id as id, v.version, v.content_hash as "contentHash", v.claimed_at::float8 as "claimedAt", v.content,
    h.server_id is not null as found
  from record_versions v left join ${sql.table} h on h.user_id = v.user_id and h.server_id = v.server_id
  where v.user_id = $1 and v.collection = '${name}' and (v.server_id, v.version) > ($2, $3)
  order by v.server_id, v.version limit ${PAGE}`;

/**
 * Every state in the history belongs to a head, has the time it claims, and says what its hash says. The history shows
 * parents by server id, the hash knows them by client key: of collections that belong to others hashes tell nothing here.
 */
export async function checkHistory(
  snapshot: Sql,
  userId: string,
  collection: Collection,
  faults: Faults,
): Promise<void> {
  const text = pageSql(collection);
  for (let last = { id: BEFORE_ALL, version: 0 }; ;) {
    const rows = await snapshot.query<VersionRow>({
      name: `check-history-${collection.name}`,
      text,
      values: [userId, last.id, last.version],
    });
    for (const row of rows)
      for (const what of faultsOf(row, collection))
        faults.add({
          place: collection.name,
          recordId: row.id,
          what: `its version ${row.version} in the history ${what}`,
        });
    if (rows.length < PAGE) return;
    last = rows[rows.length - 1];
  }
}

function faultsOf(
  { contentHash, claimedAt, content: record, found }: VersionRow,
  collection: Collection,
): string[] {
  const faults = found ? [] : ['belongs to no head'];
  if (record === null) return faults;
  const content = contentOf(record, collection);
  const claims = collection.claimedAt({ ...content, parents: [] });
  if (claims !== claimedAt) faults.push(`is of ${claims}, stored is ${claimedAt}`);
  if (collection.references.length > 0) return faults;
  const said = collection.say(content).hash;
  const stored = plainHash(contentHash);
  if (said !== stored && !isHashOfOldServer(stored, content, collection))
    faults.push(`has the hash ${said}, stored is ${stored}`);
  return faults;
}

const IDS = ['clientId', 'serverId'];

function contentOf(record: Record<string, Value>, { fields }: Collection) {
  // A field that is newer than the state stands at its default.
  const values = fields.map((field) => storedValue(field, record[field.name] ?? field.default ?? null));
  const known = new Set([...IDS, ...fields.map(({ name }) => name)]);
  const unknown = Object.entries(record).filter(([name]) => !known.has(name));
  const extra: Extra | null = unknown.length > 0 ? Object.fromEntries(unknown) : null;
  return { values, extra };
}
