import { type Command, wordsOf } from '../command.js';
import { mustBeSignedIn } from '../phone.js';
import { short } from '../names.js';
import { table, when } from '../table.js';

export const devices: Command = {
  name: 'devices',
  summary: 'the devices of the account',
  usage: [''],
  async run({ words, phone: open, say }) {
    wordsOf(words);
    const phone = await open();
    await mustBeSignedIn(phone);
    const mine = await phone.manager.deviceId();
    const { devices: all } = await phone.api.devices();
    const rows = all.map(({ deviceId, deviceName, platform, lastSyncAt, revokedAt }) => [
      short(deviceId),
      deviceName ?? '–',
      platform,
      when(lastSyncAt),
      [deviceId === mine ? 'this phone' : '', revokedAt === null ? '' : 'revoked'].filter(Boolean).join(', '),
    ]);
    say(table(['id', 'name', 'platform', 'last synced', ''], rows));
  },
};
