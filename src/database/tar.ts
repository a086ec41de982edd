/**
 * As much of the ustar format as PostgreSQL's backups are made of: files and folders, with names of at most 100 bytes
 * (POSIX 1003.1, pax).
 */
export const BLOCK_BYTES = 512;
export const TRAILER = Buffer.alloc(2 * BLOCK_BYTES);

const NAME_BYTES = 100;
const FILE = '0';
const FOLDER = '5';

export interface TarEntry {
  name: string;
  isFolder: boolean;
  bytes: number;
}

/** What is read as a backup and is none; the message says where it stops making sense. */
export class BadArchive extends Error {}

export const paddingOf = (bytes: number): number => (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

function checksumOf(header: Buffer): number {
  let sum = 0;
  // The field of the sum itself counts as spaces.
  for (const [place, byte] of header.entries()) sum += place >= 148 && place < 156 ? 0x20 : byte;
  return sum;
}

/** A file that only its owner may read. */
export function fileEntry(name: string, content: Buffer): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES);
  header.write(name, 0, NAME_BYTES, 'utf8');
  header.write(octal(0o600, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(Math.floor(Date.now() / 1000), 12), 136);
  header.write(FILE, 156);
  header.write('ustar\u000000', 257);
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, content, Buffer.alloc(paddingOf(content.length))]);
}

const textAt = (header: Buffer, start: number, length: number) => {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.subarray(0, end < 0 ? length : end).toString('utf8');
};

/** Sizes of 8 GiB and more are binary, marked by the first bit. */
function sizeOf(header: Buffer): number {
  if ((header[124] & 0x80) === 0) return Number.parseInt(textAt(header, 124, 12).trim(), 8);
  return Number(header.readBigUInt64BE(128));
}

/** null: the end of the archive. @throws BadArchive */
export function entryOf(header: Buffer): TarEntry | null {
  if (header.every((byte) => byte === 0)) return null;
  if (Number.parseInt(textAt(header, 148, 8).trim(), 8) !== checksumOf(header))
    throw new BadArchive('a header of the archive has the wrong checksum');
  const name = textAt(header, 0, NAME_BYTES);
  const type = textAt(header, 156, 1);
  const bytes = sizeOf(header);
  if (type !== FILE && type !== '' && type !== FOLDER)
    throw new BadArchive(
      `${name} is neither a file nor a folder; a backup of the embedded database has nothing else`,
    );
  const isFolder = type === FOLDER;
  if (!Number.isSafeInteger(bytes) || name === '' || name.startsWith('/') || name.split('/').includes('..'))
    throw new BadArchive(`the archive has an entry that makes no sense: ${JSON.stringify(name)}`);
  return { name: name.replace(/^\.\/|\/$/g, ''), isFolder, bytes: isFolder ? 0 : bytes };
}
