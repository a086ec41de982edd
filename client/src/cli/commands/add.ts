import { type Call, type Command, numberIn, numberOption, textOption, wordsOf } from '../command.js';
import { UsageError } from '../failures.js';
import { assignmentsOf, editOf, requiredFields } from '../fields.js';
import { collectionNamed, short } from '../names.js';
import { Progress } from '../progress.js';
import { counted } from '../table.js';
import { addRoutine, addSets } from '../training.js';

export const add: Command = {
  name: 'add',
  summary: 'record a set, make a routine, or add any other record',
  usage: [
    'set EXERCISE WEIGHT_KG REPS [--mode MODE] [--times N]',
    'routine NAME [EXERCISE …] [--superset]',
    'badge ID',
    'COLLECTION FIELD=VALUE …',
  ],
  details:
    'A set comes with its phase statistics, a personal record if it is one, and new totals. WEIGHT_KG is per cable.\n' +
    'A VALUE is a number, true, false, null, or text; FIELD=\'"12"\' is the text 12. “12 kg” for a number is taken here,\n' +
    'and refused by the portal: phoenix-sync rejected shows it.',
  options: { mode: { type: 'string' }, times: { type: 'string' }, superset: { type: 'boolean' } },
  optionHelp: {
    '--mode MODE': 'of a set: “Old School” (default), “Pump”, “TUT”, “Eccentric Only”, “Echo”, …',
    '--times N': 'so many sets, minutes apart: a big sync to look at',
    '--superset': 'the exercises of a routine are one superset',
  },
  async run(call) {
    const [what, ...rest] = call.words;
    if (what === 'set') return set(call, rest);
    if (what === 'routine') return routine(call, rest);
    if (what === 'badge') return badge(call, rest);
    return any(call, what, rest);
  },
};

async function set(call: Call, words: string[]): Promise<void> {
  const [exercise = '', weight, reps] = wordsOf(words, 'EXERCISE', 'WEIGHT_KG', 'REPS');
  const model = {
    exercise,
    weightKg: numberIn(weight, 'WEIGHT_KG', { min: 0, max: 1000 }),
    reps: numberIn(reps, 'REPS', { min: 0, max: 10_000 }),
    mode: textOption(call, 'mode') ?? 'Old School',
  };
  const times = numberOption(call, 'times', 1, { max: 100_000 });
  const { manager } = await call.phone();
  const progress = new Progress(call.terminal.stderr);
  const { session, isRecord } = await addSets(manager.records, model, times, (done) =>
    progress.show('recording', done, times),
  );
  progress.end();
  const what = `${model.reps} × ${model.weightKg} kg ${exercise}`;
  call.say(times === 1 ? `set ${short(session.clientId)}: ${what}` : `${counted(times, 'set')}: ${what}`);
  if (isRecord) call.say(`A personal record in ${exercise}.`);
}

async function routine(call: Call, [name, ...exercises]: string[]): Promise<void> {
  if (name === undefined) throw new UsageError('NAME is missing.');
  const { manager } = await call.phone();
  const { clientId } = await addRoutine(manager.records, name, exercises, call.options.superset === true);
  call.say(`routine ${short(clientId)}: “${name}” with ${counted(exercises.length, 'exercise')}`);
}

async function badge(call: Call, words: string[]): Promise<void> {
  const [badgeId = ''] = wordsOf(words, 'ID');
  const { manager } = await call.phone();
  const { clientId } = await manager.records.save('badges', { badgeId, earnedAt: Date.now() });
  call.say(`badge ${short(clientId)}: ${badgeId}`);
}

async function any(call: Call, word: string | undefined, words: string[]): Promise<void> {
  const collection = collectionNamed(word);
  const assignments = assignmentsOf(collection, words);
  const given = new Set(assignments.map(({ name }) => name));
  const missing = requiredFields(collection).filter((name) => !given.has(name));
  if (missing.length > 0) throw new UsageError(`A new record of ${collection} needs ${missing.join(', ')}.`);
  const phone = await call.phone();
  const edit = await editOf(phone, collection, assignments);
  const { clientId } = await phone.manager.records.save(collection, edit);
  call.say(`${collection} ${short(clientId)}`);
}
