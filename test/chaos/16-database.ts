import { frozen } from './database/frozen.js';
import { diskFull, logFull } from './database/full.js';
import { gone, restarted, slow } from './database/gone.js';
import { locked } from './database/locked.js';
import type { Trouble } from './database/trouble.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { NotHere } from './tools/not-here.js';

const TROUBLES: readonly (readonly [name: string, trouble: Trouble])[] = [
  ['gone', gone],
  ['restarted', restarted],
  ['slow', slow],
  ['frozen', frozen],
  ['disk full', diskFull],
  ['log full', logFull],
  ['locked', locked],
];

/** Everything that befalls a database, one after the other, each on a PostgreSQL of its own. */
export async function databaseTrouble(scene: Scene): Promise<Proof> {
  const checks = new Checks();
  const words: string[] = [];
  let tried = 0;
  for (const [name, trouble] of TROUBLES)
    try {
      const found = await scene.part((part) => trouble(part, checks));
      scene.say(`  ${found}`);
      words.push(found);
      tried++;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (!(error instanceof NotHere)) checks.check(false, `${name}: ${text}`);
      words.push(`${name} not tried here: ${text}`);
    }
  const isWhole = tried === TROUBLES.length;
  return {
    promise:
      'A database that is gone, slow, full, frozen or locked costs a 503 with Retry-After, hangs nobody beyond 30 s, and is used again by itself within 5 s of its return.',
    done: 'PostgreSQL stopped, restarted, slowed by 12 s an answer, SIGSTOP to all its processes, on a disk of 120 MB that is full, with a full log, and a row locked for 10 s; phones push, pull and read all the while',
    figure: checks.figure(words.join('; ')),
    held: checks.held ? (isWhole ? true : null) : false,
  };
}
