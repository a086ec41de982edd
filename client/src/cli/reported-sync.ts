import { PortalError } from '../api/portal-error.js';
import type { SyncManager, SyncOutcome } from '../sync/sync-manager.js';
import type { Call } from './command.js';
import { CommandFailed } from './failures.js';
import type { Phone } from './phone.js';
import { watchProgress } from './progress.js';
import { conflictLines, outcomeLines, rejectedLines } from './report.js';
import { sentenceOf } from './sentences.js';
import { counted } from './table.js';

/** One sync with its progress and what came of it. Ctrl-C ends it between two steps; nothing is lost by that. */
export async function reportedSync(call: Call, { manager }: Phone): Promise<number> {
  const stop = new AbortController();
  const forget = call.terminal.onInterrupt(() => stop.abort());
  const endProgress = watchProgress(manager, call.terminal.stderr);
  const tell = await newsSince(manager);
  try {
    const outcome = await manager.syncAll({ signal: stop.signal });
    endProgress();
    for (const line of await tell(outcome)) call.say(line);
    return 0;
  } catch (error) {
    endProgress();
    if (!(error instanceof PortalError)) throw error;
    throw new CommandFailed(await consolation(manager, error), { cause: error });
  } finally {
    forget();
  }
}

/** Remembers what is known now. @returns what tells of the rest */
export async function newsSince(manager: SyncManager): Promise<(outcome: SyncOutcome) => Promise<string[]>> {
  const { records } = manager;
  const known = new Set((await records.conflicts()).map(({ id }) => id));
  const rejectedBefore = new Set((await records.rejected()).map(rejection));
  return async (outcome) => {
    const conflicts = (await records.conflicts()).filter(({ id }) => !known.has(id));
    const rejected = (await records.rejected()).filter((row) => !rejectedBefore.has(rejection(row)));
    for (const { id } of conflicts) known.add(id);
    for (const row of rejected) rejectedBefore.add(rejection(row));
    return [
      ...outcomeLines(outcome),
      ...conflicts.flatMap(conflictLines),
      ...rejected.flatMap(rejectedLines),
    ];
  };
}

const rejection = ({
  collection,
  key,
  record,
}: {
  collection: string;
  key: string;
  record: { updatedAt: number };
}) => `${collection}/${key}/${record.updatedAt}`;

/** Why a sync did not go through, and what became of the data. */
async function consolation(manager: SyncManager, error: PortalError): Promise<string> {
  if (error.code === 'client.aborted') return 'Stopped. The next sync goes on from there.';
  await manager.refreshStatus();
  const { pending, samplesPending } = manager.getStatus();
  const samples = samplesPending === 0 ? '' : ` and the samples of ${counted(samplesPending, 'set')}`;
  const waiting = `${counted(pending, 'record')}${samples}`;
  const end =
    error.code === 'premium.required'
      ? `${waiting} wait here until the account has premium.`
      : `Nothing is lost: ${waiting} wait here for the next sync.`;
  return `${sentenceOf(error)}\n${end}`;
}
