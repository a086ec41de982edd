import { type Command, numberOption, wordsOf } from '../command.js';
import { mustBeSignedIn } from '../phone.js';
import { reportedSync } from '../reported-sync.js';
import { watch } from '../watch.js';

const QUARTER_HOUR_S = 900;

export const sync: Command = {
  name: 'sync',
  summary: 'send what changed here, fetch what changed elsewhere, upload samples',
  usage: ['', '--watch [--every SECONDS]'],
  details:
    'It may be interrupted at any moment, and goes on from there the next time. Exit code 1 if it did not go through.\n' +
    'With --watch it runs until Ctrl-C: at once, after every change on this phone, at intervals, and after failures.',
  options: { watch: { type: 'boolean' }, every: { type: 'string' } },
  optionHelp: { '--watch': 'keep running', '--every SECONDS': 'the interval of --watch (default 900)' },
  async run(call) {
    wordsOf(call.words);
    const seconds = numberOption(call, 'every', QUARTER_HOUR_S, { max: 86_400 });
    const phone = await call.phone();
    await mustBeSignedIn(phone);
    if (call.options.watch !== true) return reportedSync(call, phone);
    await watch(call, phone, seconds * 1000);
    return 0;
  },
};
