import { createHash, type Hash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { MANIFEST } from './base-backup.js';
import { BadArchive, BLOCK_BYTES, entryOf, paddingOf, type TarEntry } from './tar.js';

/** PostgreSQL's list of what is in a backup; the log it needs is not in it, and has checksums of its own. */
interface Manifest {
  Files: { Path?: string; Size: number; 'Checksum-Algorithm'?: string; Checksum?: string }[];
  'Manifest-Checksum': string;
}

export interface ReadOptions {
  /** Where the files go; without it the backup is only looked through. */
  into?: string;
  /** How far it is, from 0 to 1. */
  progress: (share: number) => void;
  signal: AbortSignal;
}

const LOG = /^pg_wal\//;
/** Written for the backup, or by it. */
const UNLISTED = new Set([MANIFEST]);

/** Takes bytes as they are asked for from chunks as they come. */
class Bytes {
  private chunk: Buffer = Buffer.alloc(0);
  private readonly chunks: AsyncIterator<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** At least one byte and at most `most`. @throws BadArchive at the end */
  async some(most: number): Promise<Buffer> {
    while (this.chunk.length === 0) {
      const { value, done } = await this.chunks.next();
      if (done === true) throw new BadArchive('the backup ends too early');
      this.chunk = value;
    }
    const taken = this.chunk.subarray(0, most);
    this.chunk = this.chunk.subarray(taken.length);
    return taken;
  }

  async exactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = count; missing > 0;) {
      const part = await this.some(missing);
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  }

  /** To the end, so that the checksum of the packed file is looked at. */
  async drain(): Promise<void> {
    while ((await this.chunks.next()).done !== true);
  }
}

/**
 * Reads a backup, holds every file against its checksum in the manifest, and puts the files where they are wanted.
 * @throws BadArchive
 */
export async function readBackup(
  file: string,
  { into, progress, signal }: ReadOptions,
): Promise<{ bytes: number }> {
  const { size } = await fs.promises.stat(file);
  const packed = fs.createReadStream(file, { signal });
  const unpacked = packed.pipe(createGunzip());
  packed.on('error', (error) => unpacked.destroy(error));
  const bytes = new Bytes(unpacked);
  const found = new Map<string, { size: number; sha256: string }>();
  let manifest: Buffer | undefined;
  let total = 0;
  try {
    for (;;) {
      const entry = entryOf(await bytes.exactly(BLOCK_BYTES));
      if (entry === null) break;
      progress(packed.bytesRead / Math.max(1, size));
      if (entry.name === MANIFEST) manifest = await bytes.exactly(entry.bytes);
      else if (entry.isFolder) await makeFolder(into, entry.name);
      else found.set(entry.name, { size: entry.bytes, sha256: await copy(bytes, entry, into) });
      await bytes.exactly(paddingOf(entry.bytes));
      total += entry.bytes;
    }
    await bytes.drain();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code?.startsWith('Z_') ? new BadArchive(`the file is damaged: ${(error as Error).message}`) : error;
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
  verify(manifest, found);
  return { bytes: total };
}

async function makeFolder(into: string | undefined, name: string): Promise<void> {
  if (into !== undefined && name !== '')
    await fs.promises.mkdir(path.join(into, name), { recursive: true, mode: 0o700 });
}

/** @returns the SHA-256 of the file */
async function copy(
  bytes: Bytes,
  { name, bytes: size }: TarEntry,
  into: string | undefined,
): Promise<string> {
  const hash: Hash = createHash('sha256');
  const target = into === undefined ? null : await fs.promises.open(path.join(into, name), 'wx', 0o600);
  try {
    for (let missing = size; missing > 0;) {
      const part = await bytes.some(missing);
      hash.update(part);
      await target?.writeFile(part);
      missing -= part.length;
    }
  } finally {
    await target?.close();
  }
  return hash.digest('hex');
}

function verify(
  text: Buffer | undefined,
  found: ReadonlyMap<string, { size: number; sha256: string }>,
): void {
  if (text === undefined) throw new BadArchive('the backup has no list of its files');
  const manifest = parse(text);
  const listed = new Set<string>();
  for (const { Path, Size, Checksum, 'Checksum-Algorithm': algorithm } of manifest.Files) {
    if (Path === undefined || algorithm !== 'SHA256' || Checksum === undefined)
      throw new BadArchive('the list of files is not one that this version writes');
    listed.add(Path);
    const file = found.get(Path);
    if (file === undefined) throw new BadArchive(`${Path} is missing in the backup`);
    if (file.size !== Size || file.sha256 !== Checksum)
      throw new BadArchive(`${Path} is not what was backed up`);
  }
  for (const name of found.keys())
    if (!listed.has(name) && !LOG.test(name) && !UNLISTED.has(name))
      throw new BadArchive(`${name} does not belong to the backup`);
}

/** The last line is the checksum of all before it. */
function parse(text: Buffer): Manifest {
  const end = text.lastIndexOf('"Manifest-Checksum"');
  let manifest: Manifest;
  try {
    manifest = JSON.parse(text.toString('utf8')) as Manifest;
  } catch {
    throw new BadArchive('the list of files is damaged');
  }
  const sha256 = createHash('sha256').update(text.subarray(0, end)).digest('hex');
  if (sha256 !== manifest['Manifest-Checksum']) throw new BadArchive('the list of files is damaged');
  return manifest;
}
