import type { Lab } from './lab.js';

/** Ctrl-C takes everything away that was started. */
export function endOnSignal(lab: Lab): () => void {
  const end = () => {
    lab.kill();
    void lab.close().finally(() => process.exit(130));
  };
  const onExit = () => lab.kill();
  process.once('SIGINT', end).once('SIGTERM', end).once('exit', onExit);
  return () => process.off('SIGINT', end).off('SIGTERM', end).off('exit', onExit);
}
