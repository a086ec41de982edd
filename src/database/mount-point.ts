import fs from 'node:fs';
import path from 'node:path';

/** Linux writes blanks and backslashes in names as octal numbers. */
const plain = (name: string) =>
  name.replace(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)));

/** Where volumes are mounted, of a `/proc/self/mountinfo`. */
export const mountPointsIn = (mountinfo: string): Set<string> =>
  new Set(mountinfo.split('\n').map((line) => plain(line.split(' ')[4] ?? '')));

/**
 * Whether a volume is mounted at this very place, so that it can be neither renamed nor removed. Linux is asked for its list: two
 * folders of one disk, mounted into each other as containers do, have the same device number.
 */
export function isMountPoint(folder: string): boolean {
  if (!fs.existsSync(folder)) return false;
  const place = fs.realpathSync(folder);
  try {
    return mountPointsIn(fs.readFileSync('/proc/self/mountinfo', 'utf8')).has(place);
  } catch {
    return fs.statSync(place).dev !== fs.statSync(path.dirname(place)).dev;
  }
}
