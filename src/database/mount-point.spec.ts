import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isMountPoint, mountPointsIn } from './mount-point.js';

describe('where a volume is mounted', () => {
  it('is read from what Linux tells, names with blanks, too', () => {
    const told = [
      '22 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
      String.raw`42 22 254:0 /a /data/b\040c rw,relatime - ext4 /dev/vda rw`,
      '',
    ].join('\n');
    const places = mountPointsIn(told);
    expect(places.has('/data/b c')).toBe(true);
    expect(places.has('/data')).toBe(false);
  });

  it('is told from a folder, and from a place where nothing is', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-mount-'));
    expect(isMountPoint(folder)).toBe(false);
    expect(isMountPoint(path.join(folder, 'none'))).toBe(false);
    expect(isMountPoint('/')).toBe(true);
    fs.rmdirSync(folder);
  });
});
