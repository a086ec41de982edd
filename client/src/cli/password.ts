import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandFailed, UsageError } from './failures.js';
import type { Terminal } from './terminal.js';

/** From standard input, the environment or a question whose answer is not shown; never from the command line. */
export async function readPassword(terminal: Terminal, isOnStdin: boolean): Promise<string> {
  if (isOnStdin) return (await text(terminal.stdin)).replace(/\r?\n$/, '');
  if (terminal.env.PHOENIX_PASSWORD !== undefined) return terminal.env.PHOENIX_PASSWORD;
  if (terminal.stdin.isTTY) return ask(terminal);
  throw new UsageError('A password is needed: --password-stdin, $PHOENIX_PASSWORD, or a terminal to ask at.');
}

function ask({ stdin, stderr }: Terminal): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  stderr.write('Password: ');
  return new Promise((resolve, reject) => {
    lines.question('', (password) => {
      resolve(password);
      lines.close();
    });
    lines.once('close', () => {
      stderr.write('\n');
      reject(new CommandFailed('No password was given.'));
    });
  });
}
