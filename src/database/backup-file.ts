import fs from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** Higher ones are slower than the disk and save little: most of a database are numbers and what is packed already. */
const GZIP_LEVEL = 3;

export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot, and needs not.
  if (process.platform === 'win32') return;
  const handle = await fs.promises.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Writes an archive, packed, so that `file` is there whole or not at all. Readable for its owner only: the backup holds what
 * the database holds, its password included.
 * @returns its size in bytes
 */
export async function writeBackupFile(archive: Readable, file: string): Promise<number> {
  const draft = `${file}.${process.pid}.partial`;
  try {
    await pipeline(
      archive,
      createGzip({ level: GZIP_LEVEL }),
      fs.createWriteStream(draft, { mode: 0o600, flags: 'wx', flush: true }),
    );
    const { size } = await fs.promises.stat(draft);
    await fs.promises.rename(draft, file);
    await syncFolder(path.dirname(path.resolve(file)));
    return size;
  } finally {
    await fs.promises.rm(draft, { force: true });
  }
}
