import { runLine } from './run.js';
import { thisTerminal } from './terminal.js';

// `phoenix-sync list | head` closes the pipe before we are done, which is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runLine(process.argv.slice(2), thisTerminal());
