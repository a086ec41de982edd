import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { readBackup } from './backup-archive.js';
import { writeBackupFile } from './backup-file.js';
import { withBaseBackup } from './base-backup.js';
import { BadArchive, entryOf, fileEntry, TRAILER } from './tar.js';

const server = () => process.env.PHOENIX_TEST_SERVER as string;
const ignore = () => undefined;
const manifest = (text: string) => fileEntry('backup_manifest', Buffer.from(text));

describe('a backup', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-backup-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true }));

  it('that is interrupted leaves nothing behind', async () => {
    const stop = new AbortController();
    const backup = withBaseBackup(
      server(),
      { progress: () => stop.abort(new Error('enough')), signal: stop.signal },
      (archive) => writeBackupFile(archive, path.join(folder, 'backup')),
    );
    await expect(backup).rejects.toThrow('enough');
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  const archived = async (...entries: Buffer[]) => {
    const archive = new PassThrough();
    archive.end(Buffer.concat([...entries, TRAILER]));
    const file = path.join(folder, 'backup');
    await writeBackupFile(archive, file);
    return readBackup(file, {
      progress: ignore,
      signal: new AbortController().signal,
      into: path.join(folder, 'x'),
    });
  };

  it.each([
    ['without a list of its files', [], /has no list/],
    ['with a damaged list', [manifest('{')], /list of files is damaged/],
    [
      'with a list that somebody changed',
      [manifest('{ "Files": [],\n"Manifest-Checksum": "00"}\n')],
      /list of files is damaged/,
    ],
    [
      'that reaches outside of its folder',
      [fileEntry('../../etc/passwd', Buffer.from('x'))],
      /makes no sense/,
    ],
    ['that names a place from the root', [fileEntry('/etc/passwd', Buffer.from('x'))], /makes no sense/],
  ])('%s is refused', async (_, entries, message) => {
    await expect(archived(...entries)).rejects.toThrow(message);
    await expect(archived(...entries)).rejects.toThrow(BadArchive);
  });

  it('has headers whose sums are looked at', () => {
    const header = fileEntry('a/file', Buffer.from('12345')).subarray(0, 512);
    expect(entryOf(header)).toEqual({ name: 'a/file', isFolder: false, bytes: 5 });
    header[0]++;
    expect(() => entryOf(header)).toThrow(BadArchive);
    expect(entryOf(TRAILER.subarray(0, 512))).toBeNull();
  });
});
