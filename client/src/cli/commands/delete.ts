import { type Command, wordsOf } from '../command.js';
import { inWords } from '../describe.js';
import { collectionNamed, recordNamed, short } from '../names.js';

export const remove: Command = {
  name: 'delete',
  summary: 'delete a record; what belongs to it is hidden with it',
  usage: ['COLLECTION ID'],
  details: 'Nothing is lost: edit or restore brings it back.',
  async run({ words, phone: open, say }) {
    const [word, id] = wordsOf(words, 'COLLECTION', 'ID');
    const collection = collectionNamed(word);
    const phone = await open();
    const { record } = await recordNamed(phone, collection, id);
    await phone.manager.records.remove(collection, record.serverId ?? record.clientId);
    say(`deleted ${collection} ${short(record.clientId)}: ${inWords(collection, record)}`);
  },
};
