import type { Call, Command } from '../command.js';
import { CommandFailed, UsageError } from '../failures.js';
import { conflictLines } from '../report.js';
import type { Conflict } from '../../sync/record.js';

export const conflicts: Command = {
  name: 'conflicts',
  summary: 'edits that met another device’s edit, and which of the two is shown',
  usage: ['', 'dismiss NUMBER', 'dismiss all'],
  details:
    'Nothing is lost: the edit that is not shown is in the history of the record, and restore brings it back.',
  async run(call) {
    const { manager } = await call.phone();
    const all = await manager.records.conflicts();
    if (call.words.length > 0) {
      for (const { id } of chosen(call, all)) await manager.records.dismissConflict(id);
      return;
    }
    if (all.length === 0) call.say('There are no conflicts.');
    for (const line of all.flatMap(conflictLines)) call.say(line);
  },
};

function chosen({ words }: Call, all: readonly Conflict[]): readonly Conflict[] {
  const [verb, number, ...rest] = words;
  if (verb !== 'dismiss' || number === undefined || rest.length > 0)
    throw new UsageError('Only “dismiss NUMBER” or “dismiss all” may follow.');
  if (number === 'all') return all;
  const found = all.filter(({ id }) => Number(id) === Number(number));
  if (found.length === 0) throw new CommandFailed(`There is no conflict ${number}.`);
  return found;
}
