import type { WireRecord } from '../../sync/record.js';
import { type Command, numberIn, wordsOf } from '../command.js';
import { inWords } from '../describe.js';
import { collectionNamed, recordNamed, short } from '../names.js';
import { mustBeSignedIn } from '../phone.js';
import { reportedSync } from '../reported-sync.js';

export const restore: Command = {
  name: 'restore',
  summary: 'make an earlier state of a record current again, and sync',
  usage: ['COLLECTION ID VERSION'],
  details:
    '“phoenix-sync history COLLECTION ID” lists the versions. The state that was current goes to the history.',
  async run(call) {
    const [word, id, number] = wordsOf(call.words, 'COLLECTION', 'ID', 'VERSION');
    const collection = collectionNamed(word);
    const version = numberIn(number, 'VERSION', { min: 1 });
    const phone = await call.phone();
    await mustBeSignedIn(phone);
    const { record } = await recordNamed(phone, collection, id);
    const restored = await phone.api.restoreVersion({
      collection,
      id: record.serverId ?? record.clientId,
      version,
    });
    call.say(
      `restored ${collection} ${short(record.clientId)}: ${inWords(collection, restored.record as WireRecord)}`,
    );
    return reportedSync(call, phone);
  },
};
