import { factsOf } from '../../sync/complete.js';
import type { Command } from '../command.js';
import { UsageError } from '../failures.js';
import { markOf, valueText } from '../describe.js';
import { collectionNamed, recordNamed } from '../names.js';
import { columns } from '../table.js';

export const show: Command = {
  name: 'show',
  summary: 'a record with all its fields',
  usage: ['COLLECTION ID'],
  options: { json: { type: 'boolean' } },
  optionHelp: { '--json': 'as JSON' },
  async run({ words, options, phone, say }) {
    const [word, id, ...rest] = words;
    const collection = collectionNamed(word);
    if (id === undefined && !factsOf(collection).singleton) throw new UsageError('ID is missing.');
    if (rest.length > 0) throw new UsageError(`“${rest[0]}” is one word too many.`);
    const row = await recordNamed(await phone(), collection, id);
    if (options.json === true) return say(JSON.stringify(row.record, null, 2));
    const { clientId, serverId, ...fields } = row.record;
    const rows = Object.entries(fields).map(([name, value]) => [name, valueText(collection, name, value)]);
    say(columns([['clientId', clientId], ['serverId', serverId ?? '–'], ...rows]));
    const mark = markOf(row);
    if (mark !== '') say(`(${mark}${row.refusal ? `: ${row.refusal.message}` : ''})`);
  },
};
