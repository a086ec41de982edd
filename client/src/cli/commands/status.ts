import { PortalError } from '../../api/portal-error.js';
import { type Command, wordsOf } from '../command.js';
import type { Phone } from '../phone.js';
import { sentenceOf } from '../sentences.js';
import { columns, count, counted, when } from '../table.js';

/** Long enough for a phone's network, short enough for somebody who looks. */
const PATIENCE_MS = 10_000;

export const status: Command = {
  name: 'status',
  summary: 'what waits here, and what waits at the portal',
  usage: [''],
  details: 'Without a network it says so, and tells what is known here.',
  async run({ words, phone: open, say }) {
    wordsOf(words);
    const phone = await open();
    await phone.manager.refreshStatus();
    const { pending, samplesPending, conflicts, rejected, lastSyncedAt } = phone.manager.getStatus();
    const { account, name } = phone;
    say(`Phone “${name}”${account === null ? '' : ` of ${account.email} at ${account.portal}`}`);
    say(
      columns([
        ['waiting to be sent', counted(pending, 'record')],
        ['waiting to be uploaded', `samples of ${counted(samplesPending, 'set')}`],
        ['conflicts', count(conflicts)],
        ['rejected', count(rejected)],
        ['last synced', when(lastSyncedAt)],
      ]),
    );
    say('Portal');
    say(columns(await portalLines(phone)));
  },
};

/** No answer is an answer here. */
async function portalLines({ api, manager, tokens }: Phone): Promise<string[][]> {
  if ((await tokens.read()) === null) return [['not signed in: phoenix-sync login EMAIL']];
  try {
    const deviceId = await manager.deviceId();
    const { pendingChanges, isPremium, subscriptionExpiresAt } = await api.syncStatus(
      { deviceId },
      { timeoutMs: PATIENCE_MS },
    );
    const until = subscriptionExpiresAt === null ? '' : `, until ${subscriptionExpiresAt}`;
    return [
      ['waiting for this phone', counted(pendingChanges, 'record')],
      ['premium', isPremium ? `yes${until}` : 'no: nothing is synced until it is'],
    ];
  } catch (error) {
    if (!(error instanceof PortalError)) throw error;
    return [[error.retryable ? `offline: ${sentenceOf(error)}` : sentenceOf(error)]];
  }
}
