import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { withLock } from './start-lock.js';

describe('the lock around a start', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-lock-'));
  const lock = path.join(folder, 'x.lock');
  afterAll(() => fs.rmSync(folder, { recursive: true }));

  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const work = () =>
      withLock(lock, async () => {
        most = Math.max(most, ++inside);
        await pause(5);
        inside--;
      });
    await Promise.all(Array.from({ length: 8 }, work));
    expect(most).toBe(1);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('is released by a failure', async () => {
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['of a process that is gone', '99999999 left-over'],
    ['of an earlier process with our number', `${process.pid} left-over`],
  ])('takes over a lock %s', async (_, mark) => {
    fs.writeFileSync(lock, mark);
    expect(await withLock(lock, () => Promise.resolve('in'))).toBe('in');
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('waits for a living process', async () => {
    fs.writeFileSync(lock, `${process.ppid} theirs`);
    const order: string[] = [];
    const ours = withLock(lock, () => Promise.resolve(order.push('ours')));
    await pause(60);
    order.push('theirs');
    fs.rmSync(lock);
    await ours;
    expect(order).toEqual(['theirs', 'ours']);
  });
});
