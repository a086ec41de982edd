import type { Command } from '../command.js';
import { UsageError } from '../failures.js';
import { collectionNamed, recordNamed, short } from '../names.js';
import { rejectedLines } from '../report.js';

export const rejected: Command = {
  name: 'rejected',
  summary: 'records the portal would not take, and why',
  usage: ['', 'discard COLLECTION ID'],
  details:
    'They stay on the phone. An edit sends the record again; discard gives up what the portal would not take.',
  async run({ words, phone: open, say }) {
    const phone = await open();
    const { records } = phone.manager;
    if (words.length === 0) {
      const rows = await records.rejected();
      if (rows.length === 0) say('There are no rejected records.');
      for (const line of rows.flatMap(rejectedLines)) say(line);
      return;
    }
    const [verb, word, id, ...rest] = words;
    if (verb !== 'discard' || rest.length > 0)
      throw new UsageError('Only “discard COLLECTION ID” may follow.');
    const collection = collectionNamed(word);
    const { record, refusal } = await recordNamed(phone, collection, id);
    if (!refusal) throw new UsageError(`${collection} ${short(record.clientId)} is not rejected.`);
    await records.discard(collection, record.clientId);
    say(`discarded ${collection} ${short(record.clientId)}`);
  },
};
