import type { CollectionName } from '../../sync/collections.js';
import { COLLECTION_NAMES } from '../../sync/complete.js';
import { type Call, type Command, wordsOf } from '../command.js';
import { cellsOf, markOf, shownFields } from '../describe.js';
import { collectionNamed, shortLength } from '../names.js';
import type { Phone } from '../phone.js';
import { count, table } from '../table.js';

export const list: Command = {
  name: 'list',
  summary: 'the records of a collection, or how many there are in each',
  usage: ['', 'COLLECTION'],
  options: { deleted: { type: 'boolean' }, json: { type: 'boolean' } },
  optionHelp: {
    '--deleted': 'deleted and hidden records too',
    '--json': 'one JSON object a line, with whole ids and all fields',
  },
  async run(call) {
    if (call.words.length === 0) return overview(call);
    const [word] = wordsOf(call.words, 'COLLECTION');
    return listOne(call, collectionNamed(word));
  },
};

async function overview({ phone, say }: Call): Promise<void> {
  const { manager } = await phone();
  const rows = await Promise.all(
    COLLECTION_NAMES.map(async (name) => {
      const [visible, all] = [await manager.records.list(name), await manager.records.all(name)];
      const marks = all.map(markOf);
      const unsent = marks.filter((mark) => mark.includes('unsent')).length;
      return [name, count(visible.length), count(unsent), count(all.length - visible.length)];
    }),
  );
  say(table(['collection', 'records', 'unsent', 'deleted or hidden'], rows));
}

async function listOne({ phone, options, say }: Call, collection: CollectionName): Promise<void> {
  const rows = await rowsOf(await phone(), collection, options.deleted === true);
  if (options.json === true) {
    for (const { record } of rows) say(JSON.stringify(record));
    return;
  }
  if (rows.length === 0) return say(`There are no ${collection} on this phone.`);
  const length = shortLength(rows.map(({ record }) => record.clientId));
  const cells = rows.map((row) => [
    row.record.clientId.slice(0, length),
    markOf(row),
    ...cellsOf(collection, row.record),
  ]);
  say(table(['id', '', ...shownFields(collection)], cells));
}

async function rowsOf({ manager: { records } }: Phone, collection: CollectionName, withDeleted: boolean) {
  const all = await records.all(collection);
  const visible = new Set((await records.list(collection)).map(({ clientId }) => clientId));
  return all
    .filter(({ record }) => withDeleted || visible.has(record.clientId))
    .sort((a, b) => (a.record.createdAt ?? 0) - (b.record.createdAt ?? 0));
}
