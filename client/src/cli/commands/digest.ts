import { COLLECTION_NAMES } from '../../sync/complete.js';
import { type Command, wordsOf } from '../command.js';
import { mustBeSignedIn } from '../phone.js';
import { count, counted, table } from '../table.js';

const HASH_LENGTH = 12;

export const digest: Command = {
  name: 'digest',
  summary: 'prove that this phone holds what the portal holds',
  usage: [''],
  details:
    'Both compute a hash over all live records, each from its own copies. Prints EQUAL, or the collections that differ;\n' +
    'exit code 1 if any does.',
  async run({ words, phone: open, say }) {
    wordsOf(words);
    const phone = await open();
    await mustBeSignedIn(phone);
    const deviceId = await phone.manager.deviceId();
    const { collections: there } = await phone.api.digest({ deviceId });
    const here = await phone.manager.digest();
    const differing = COLLECTION_NAMES.filter((name) => here[name].hash !== there[name]?.hash);
    const rows = COLLECTION_NAMES.map((name) => [
      name,
      count(here[name].count),
      count(there[name]?.count ?? 0),
      here[name].hash.slice(0, HASH_LENGTH),
      there[name]?.hash.slice(0, HASH_LENGTH) ?? '–',
    ]);
    say(table(['collection', 'here', 'portal', 'hash here', 'hash of the portal'], rows));
    if (differing.length === 0) {
      say('EQUAL: this phone holds exactly what the portal holds.');
      return 0;
    }
    say(`DIFFERENT: ${differing.join(', ')}.`);
    await phone.manager.refreshStatus();
    const { pending } = phone.manager.getStatus();
    if (pending > 0) say(`${counted(pending, 'record')} of this phone not sent yet: phoenix-sync sync`);
    return 1;
  },
};
