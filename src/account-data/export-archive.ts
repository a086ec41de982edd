import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { type Entry, fromFdPromise, type ZipFile } from 'yauzl';
import { AppError } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import { MANIFEST, type Manifest, readManifest } from './format.js';

/** Far more than any account has: a file for each set somebody trained in a hundred years. */
const MAX_FILES = 200_000;
const MAX_UNPACKED_BYTES = 4096 * MIB;
/** Records pack to a twentieth at best; what packs to less than this part was made to. */
const MAX_RATIO = 200;
const MANIFEST_MAX_BYTES = 64 * MIB;

const read = promisify(fs.read);

interface Source {
  descriptor: number;
  size: number;
}

/**
 * The files of an export, read where they lie. Their names in the ZIP are compared with those of the manifest and mean
 * nothing else: nothing is ever unpacked to a disk.
 */
export class ExportArchive {
  private readonly listed: ReadonlySet<string>;

  private constructor(
    private readonly zip: ZipFile,
    private readonly entries: ReadonlyMap<string, Entry>,
    readonly manifest: Manifest,
    /** Tells one export from another. */
    readonly tag: string,
  ) {
    this.listed = new Set(manifest.files.map(({ name }) => name));
  }

  /** @throws AppError import.not_an_export, import.newer_format, import.damaged, import.too_large */
  static async open({ descriptor, size }: Source): Promise<ExportArchive> {
    // One that begins like a ZIP and does not end like one has lost its end.
    const code = (await beginsLikeAZip(descriptor)) ? 'import.damaged' : 'import.not_an_export';
    const zip = await named(async () => fromFdPromise(descriptor, { autoClose: false }), code);
    const entries = await named(() => entriesOf(zip, size), 'import.damaged');
    const found = entries.get(MANIFEST);
    if (!found) throw new AppError('import.not_an_export');
    if (found.uncompressedSize > MANIFEST_MAX_BYTES) throw new AppError('import.too_large');
    const text = await textOf(zip, found);
    const tag = createHash('sha256').update(text).digest('base64url').slice(0, 16);
    return new ExportArchive(zip, entries, readManifest(text), tag);
  }

  /**
   * Compares every file with what the manifest says of it.
   * @throws AppError import.damaged
   */
  async verify(): Promise<void> {
    for (const { name, bytes, sha256 } of this.manifest.files) {
      const entry = this.entries.get(name);
      if (!entry) throw damaged(`${name} is missing.`);
      const hash = createHash('sha256');
      let length = 0;
      for await (const part of contentOf(this.zip, entry)) {
        hash.update(part);
        length += part.length;
      }
      if (length !== bytes || hash.digest('hex') !== sha256)
        throw damaged(`${name} is not as it was exported.`);
    }
  }

  /** @throws AppError import.not_an_export for a name that is not in the manifest */
  private entry(name: string): Entry {
    const entry = this.has(name) ? this.entries.get(name) : undefined;
    if (entry) return entry;
    throw new AppError('import.not_an_export', {
      detail: 'A list in this file names a file that is not in it.',
    });
  }

  has(name: string): boolean {
    return this.listed.has(name);
  }

  /** @throws AppError import.not_an_export, import.too_large for a file of more than that */
  async bytes(name: string, maxBytes: number): Promise<Buffer> {
    const entry = this.entry(name);
    if (entry.uncompressedSize > maxBytes) throw new AppError('import.too_large');
    const parts: Buffer[] = [];
    for await (const part of contentOf(this.zip, entry)) parts.push(part);
    return Buffer.concat(parts);
  }

  content(name: string): AsyncGenerator<Buffer> {
    return contentOf(this.zip, this.entry(name));
  }
}

const damaged = (detail: string) =>
  new AppError('import.damaged', { detail: `${detail} Nothing was imported; download the export again.` });

async function beginsLikeAZip(descriptor: number): Promise<boolean> {
  const { buffer } = await read(descriptor, Buffer.alloc(4), 0, 4, 0);
  return buffer.equals(Buffer.from('PK\x03\x04'));
}

/** What yauzl finds wrong is the file's fault. */
async function named<T>(work: () => Promise<T>, code: 'import.not_an_export' | 'import.damaged'): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError(code, { cause: error });
  }
}

async function entriesOf(zip: ZipFile, packedBytes: number): Promise<Map<string, Entry>> {
  if (zip.entryCount > MAX_FILES) throw new AppError('import.too_large');
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    unpacked += entry.uncompressedSize;
    if (unpacked > MAX_UNPACKED_BYTES || unpacked > MIB + packedBytes * MAX_RATIO)
      throw new AppError('import.too_large');
    // Two files of one name: one could be looked at and the other imported.
    if (entries.has(entry.fileName)) throw new AppError('import.not_an_export');
    entries.set(entry.fileName, entry);
  }
  return entries;
}

/** Whole and as the ZIP says: its size is looked at by yauzl, its check sum here. */
async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Buffer> {
  let sum = 0;
  try {
    for await (const part of await zip.openReadStreamPromise(entry)) {
      sum = zlib.crc32(part as Buffer, sum);
      yield part as Buffer;
    }
  } catch (error) {
    throw new AppError('import.damaged', { cause: error });
  }
  if (sum !== entry.crc32) throw damaged(`${entry.fileName} has a wrong check sum.`);
}

async function textOf(zip: ZipFile, entry: Entry): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of contentOf(zip, entry)) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}
