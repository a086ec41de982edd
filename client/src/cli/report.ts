import type { Conflict, LocalRecord } from '../sync/record.js';
import type { SyncOutcome } from '../sync/sync-manager.js';
import { differences, inWords } from './describe.js';
import { short } from './names.js';
import { count, counted, when } from './table.js';

/** What a sync did. */
export function outcomeLines({ pushed, pulled, uploaded }: SyncOutcome): string[] {
  const sent = [
    `${counted(pushed.accepted, 'record')} sent`,
    ...(pushed.superseded > 0 ? [`${count(pushed.superseded)} superseded by newer edits`] : []),
    ...(pushed.refused > 0 ? [`${count(pushed.refused)} rejected`] : []),
    `${count(pulled.received)} received`,
    ...(uploaded > 0 ? [`samples of ${counted(uploaded, 'set')} uploaded`] : []),
  ];
  const resync = pulled.resync ? ['The portal did not know where this phone was, and sent everything.'] : [];
  return [`${sent.join(', ')}.`, ...resync];
}

/** Whether a sync is worth a line. */
export const didSomething = ({ pushed, pulled, uploaded }: SyncOutcome) =>
  pushed.accepted + pushed.refused + pulled.received + uploaded > 0;

export function conflictLines({ id, collection, clientId, mine, theirs, kept, at }: Conflict): string[] {
  const shown = kept === 'mine' ? 'mine is shown' : 'theirs is shown, mine is in the history';
  return [
    `conflict ${Number(id)}: ${collection} ${short(clientId)}, ${when(at)}; ${shown}`,
    `  ${differences(collection, mine, theirs) || 'the same content'}`,
  ];
}

export function rejectedLines({ collection, record, refusal }: LocalRecord): string[] {
  if (!refusal) return [];
  const field = refusal.field === null ? '' : `, ${refusal.field}`;
  return [
    `rejected: ${collection} ${short(record.clientId)}: ${inWords(collection, record)}`,
    `  ${refusal.message} (${refusal.code}${field})`,
  ];
}
