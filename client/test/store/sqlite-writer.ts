// A program that writes into a store until it has written often enough, or is killed: node … FILE MODE TIMES
import { writeSync } from 'node:fs';
import { increment } from '../../src/store/contract/check.js';
import { openSqliteStore } from '../../src/store/sqlite-node.js';

const [file = '', mode, times] = process.argv.slice(2);
const KEYS = 20;

const store = await openSqliteStore(file);
const begin = Number((await store.read((tx) => tx.get('meta', 'round'))) ?? 0);

/** The same number under many keys: a round that was half saved can be seen. */
const writeRound = (round: number): Promise<void> =>
  store.write(async (tx) => {
    await tx.put('meta', 'round', round);
    for (let key = 0; key < KEYS; key++) await tx.put('records', `key/${key}`, round);
  });

for (let done = 1; done <= Number(times); done++) {
  if (mode === 'increment') await increment(store);
  else await writeRound(begin + done);
  // Synchronous: what the parent has read was acknowledged before the kill.
  writeSync(1, `${begin + done}\n`);
}
await store.close();
