import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { describeCommit, describeMachine } from '../bench/measure/machine.js';
import { UsageError } from '../bench/options.js';
import { withResults } from './report.js';
import { type Result, runTrials, verdictOf } from './run.js';
import { SharedPlace } from './tools/place.js';
import { Witness } from './tools/witness.js';
import { TRIALS } from './trials.js';

interface Place {
  /** Folder of the project. */
  project: string;
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      full: { type: 'boolean', default: false },
      only: { type: 'string' },
      seed: { type: 'string' },
      strict: { type: 'boolean', default: false },
      document: { type: 'boolean', default: false },
    },
  });
  const numbers = values.only?.split(',').map(Number) ?? [...TRIALS.keys()];
  for (const number of numbers)
    if (!TRIALS.has(number))
      throw new UsageError(`there is no promise ${number}; there are ${[...TRIALS.keys()].join(', ')}`);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed must be a whole number, not ${values.seed}`);
  return { ...values, numbers, seed };
}

function print(results: readonly Result[]): void {
  for (const result of results) {
    const { number, promise, done, figure } = result;
    console.log(`\n${String(number).padStart(2)}  ${verdictOf(result)}  ${promise}`);
    console.log(`      done:   ${done}\n      figure: ${figure}`);
  }
}

/** @returns the exit code: 1 if a promise is broken or, with --strict, could not be tried. */
export async function chaos({ project }: Place, args: readonly string[]): Promise<number> {
  const { numbers, seed, full, strict, document } = readOptions(args);
  console.log(`${numbers.length} promises, seed ${seed}${full ? ', in full' : ''}`);
  const place = new SharedPlace();
  const stop = () => void place.close().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  const began = performance.now();
  let results: Result[];
  try {
    results = await runTrials(numbers, {
      seed,
      full,
      witness: new Witness(),
      newHome: () => place.newHome(),
      say: (line) => console.log(line),
    });
  } finally {
    await place.close();
  }
  print(results);
  const count = (held: boolean | null) => results.filter((result) => result.held === held).length;
  console.log(
    `\n${count(true)} held, ${count(false)} broken, ${count(null)} not tried, in ` +
      `${((performance.now() - began) / 60_000).toFixed(1)} minutes; seed ${seed}`,
  );
  if (document) {
    const file = path.join(project, 'docs/trust.md');
    const { processor, cores, node } = describeMachine('');
    const how = `${full ? 'all, with --full' : 'the usual run'}, seed ${seed}`;
    const origin = `${cores} cores of ${processor}, Node ${node}, commit ${describeCommit(project)}; ${how}`;
    fs.writeFileSync(file, withResults(fs.readFileSync(file, 'utf8'), results, origin));
  }
  return count(false) > 0 || (strict && count(null) > 0) ? 1 : 0;
}
