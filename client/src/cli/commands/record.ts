import { type Command, numberOption, wordsOf } from '../command.js';
import { CommandFailed } from '../failures.js';
import { recordNamed, short } from '../names.js';
import { count } from '../table.js';
import { waveform } from '../waveform.js';

export const record: Command = {
  name: 'record',
  summary: 'make up the sensor samples of a set, 50 a second',
  usage: ['SESSION [--seconds 60]'],
  details: 'They are uploaded by the next sync, after their set. The same set gets the same curve each time.',
  options: { seconds: { type: 'string' } },
  optionHelp: { '--seconds N': 'how long (default 60)' },
  async run(call) {
    const [id] = wordsOf(call.words, 'SESSION');
    const seconds = numberOption(call, 'seconds', 60, { max: 3600 });
    const phone = await call.phone();
    const { record: session } = await recordNamed(phone, 'sessions', id);
    if (session.deletedAt) throw new CommandFailed('This set is deleted.');
    const samples = waveform({
      seed: session.clientId,
      startedAt: Number(session.timestamp),
      seconds,
      weightKg: Number(session.weightPerCableKg) || 0,
    });
    await phone.manager.recordSamples(session.clientId, samples);
    call.say(`${count(samples.length)} samples for set ${short(session.clientId)}; sync uploads them.`);
  },
};
