import { BrokenClaim, claimsChecked, count } from './check.mjs';
import { ThrowAwayServer } from './server.mjs';
import { tell } from './story.mjs';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };

const started = performance.now();
const opening = ThrowAwayServer.start();
/** @type {Promise<void> | undefined} */
let ending;

/** Once, whatever happens first: the end of the story, a claim that does not hold, Ctrl-C. */
const end = (/** @type {number} */ exitCode) =>
  (ending ??= opening
    .then(
      (server) => server.stop(),
      () => undefined,
    )
    .catch((error) => console.error(error))
    .then(() => process.exit(exitCode)));

for (const [signal, exitCode] of Object.entries(SIGNALS))
  process.on(signal, () => {
    // A second Ctrl-C means it.
    if (ending !== undefined) process.exit(exitCode);
    void end(exitCode);
  });

try {
  const server = await opening;
  await tell(server);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`\nAll as told: ${count(claimsChecked())} claims checked in ${seconds} seconds.\n`);
  await end(0);
} catch (error) {
  // After Ctrl-C the server goes away under the story's feet: that is no fault of the story.
  if (ending === undefined) console.error(error instanceof BrokenClaim ? `\n✗ ${error.message}\n` : error);
  await end(1);
}
