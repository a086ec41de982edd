import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from '../command.js';
import { UsageError } from '../failures.js';
import { exportChunks } from '../export-chunks.js';
import { mustBeSignedIn, withoutNetwork } from '../phone.js';
import { Progress } from '../progress.js';

const OWNER_ONLY = 0o600;

export const exportAll: Command = {
  name: 'export',
  summary: 'everything on this phone as JSON: every record, deleted ones too, and samples',
  usage: ['[FILE] [--download]'],
  details:
    'Without FILE to standard output. Works without a network; then the samples are those that are here.',
  options: { download: { type: 'boolean' } },
  optionHelp: { '--download': 'ask the portal for the samples of every set first' },
  async run({ words, options, phone: open, terminal, say }) {
    const [file, ...rest] = words;
    if (rest.length > 0) throw new UsageError(`“${rest[0]}” is one word too many.`);
    const phone = await open();
    if (options.download === true) await mustBeSignedIn(phone);
    const source = options.download === true ? phone.manager : withoutNetwork(phone);
    const progress = new Progress(terminal.stderr);
    const chunks = exportChunks(phone, source, (done, total) => progress.show('exporting', done, total));
    try {
      if (file === undefined) return await pipeline(Readable.from(chunks), terminal.stdout, { end: false });
      // Whoever finds a file under its name finds all of it.
      const partial = `${file}.part`;
      await pipeline(Readable.from(chunks), createWriteStream(partial, { mode: OWNER_ONLY }));
      await rename(partial, file);
    } finally {
      progress.end();
    }
    say(`exported to ${file}`);
  },
};
