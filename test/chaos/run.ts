import type { Proof, Trial } from './promise.js';
import { Scene, type SceneOptions } from './scene.js';
import { NotHere } from './tools/not-here.js';
import { LAST, TRIALS } from './trials.js';

/** No trial may hold up the others for longer. */
const LIMIT_MS = { usual: 5 * 60_000, full: 45 * 60_000 } as const;

export type Result = Proof & { number: number; seconds: number };

/** One trial after the other: each has the machine for itself. In the order of their numbers. */
export async function runTrials(numbers: readonly number[], options: SceneOptions): Promise<Result[]> {
  const results: Result[] = [];
  for (const number of numbers.toSorted((a, b) => Number(a === LAST) - Number(b === LAST) || a - b)) {
    const trial = TRIALS.get(number);
    if (trial === undefined) throw new Error(`there is no trial of promise ${number}`);
    options.say(`${number} …`);
    const began = performance.now();
    const proof = await runTrial(trial, options);
    const seconds = (performance.now() - began) / 1000;
    options.say(`${number} ${verdictOf(proof)} after ${seconds.toFixed(1)} s: ${proof.figure}`);
    results.push({ ...proof, number, seconds });
  }
  return results.toSorted((a, b) => a.number - b.number);
}

export const verdictOf = ({ held }: Pick<Proof, 'held'>): string =>
  held === null ? 'not tried' : held ? 'held' : 'BROKEN';

async function runTrial(trial: Trial, options: SceneOptions): Promise<Proof> {
  const scene = new Scene(options);
  const limit = options.full ? LIMIT_MS.full : LIMIT_MS.usual;
  const failed = new AbortController();
  const timer = setTimeout(() => failed.abort(new Error(`no end after ${limit / 1000} s`)), limit);
  try {
    return await Promise.race([
      trial(scene),
      new Promise<never>((_, reject) => {
        failed.signal.addEventListener('abort', () => reject(failed.signal.reason as Error));
      }),
    ]);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    if (error instanceof NotHere)
      return { promise: '', done: 'nothing', figure: `not tried here: ${text}`, held: null };
    options.say(error instanceof Error ? (error.stack ?? text) : text);
    return { promise: '', done: 'could not be finished', figure: text.slice(0, 300), held: false };
  } finally {
    clearTimeout(timer);
    await scene.end();
  }
}
