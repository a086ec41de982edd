import type { WireRecord } from '../../sync/record.js';
import { type Command, wordsOf } from '../command.js';
import { inWords } from '../describe.js';
import { collectionNamed, recordNamed, short } from '../names.js';
import { mustBeSignedIn } from '../phone.js';
import { table, when } from '../table.js';

export const history: Command = {
  name: 'history',
  summary: 'every earlier state of a record, those that lost a conflict too',
  usage: ['COLLECTION ID'],
  details:
    'The portal keeps it. “phoenix-sync restore COLLECTION ID VERSION” makes one of them current again.',
  async run({ words, phone: open, say }) {
    const [word, id] = wordsOf(words, 'COLLECTION', 'ID');
    const collection = collectionNamed(word);
    const phone = await open();
    await mustBeSignedIn(phone);
    const { record } = await recordNamed(phone, collection, id);
    const answer = await phone.api.history(collection, record.serverId ?? record.clientId);
    const rows = answer.versions.map(({ version, reason, deviceId, editedAt, record: state }) => [
      String(version),
      reason,
      when(editedAt),
      short(deviceId),
      inWords(collection, state as WireRecord),
    ]);
    const now = ['', 'current', '', '', inWords(collection, answer.head as WireRecord)];
    say(table(['version', 'why', 'edited', 'device', 'state'], [...rows, now]));
  },
};
