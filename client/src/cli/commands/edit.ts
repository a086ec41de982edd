import type { Command } from '../command.js';
import { UsageError } from '../failures.js';
import { inWords } from '../describe.js';
import { assignmentsOf, editOf } from '../fields.js';
import { collectionNamed, recordNamed, short } from '../names.js';

export const edit: Command = {
  name: 'edit',
  summary: 'change fields of a record',
  usage: ['COLLECTION ID FIELD=VALUE …'],
  details: 'Editing a deleted record brings it back; editing a rejected one sends it again.',
  async run({ words, phone: open, say }) {
    const [word, id, ...changes] = words;
    const collection = collectionNamed(word);
    const assignments = assignmentsOf(collection, changes);
    if (assignments.length === 0) throw new UsageError('FIELD=VALUE is missing.');
    const phone = await open();
    const { record, base, refusal } = await recordNamed(phone, collection, id);
    const changed = await editOf(phone, collection, assignments, refusal ? base : record);
    const { clientId } = record;
    const saved = await phone.manager.records.save(collection, {
      ...changed,
      clientId: record.serverId ?? clientId,
    });
    say(`${collection} ${short(clientId)}: ${inWords(collection, saved)}`);
  },
};
