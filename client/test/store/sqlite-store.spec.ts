import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import Database from 'libsql';
import { openSqliteStore } from '../../src/store/sqlite-node.js';
import { SqliteStore } from '../../src/store/sqlite-store.js';
import type { SqliteDriver, SqliteRow } from '../../src/store/sqlite-store.js';
import { storeContract } from '../../src/store/store-contract.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const folder = temporaryFolder();
let files = 0;
const newFile = (): string => join(folder, `store-${++files}`, 'phoenix.db');

/** As the docstring of SqliteDriver shows it. */
const syncDriver = (db: Database.Database): SqliteDriver => ({
  run: (sql, params) => void (params.length > 0 ? db.prepare(sql).run(...params) : db.exec(sql)),
  all: (sql, params) => db.prepare(sql).all(...params) as SqliteRow[],
  close: () => void db.close(),
});

async function later<T>(work: () => T | Promise<T>): Promise<T> {
  await new Promise((resolve) => setImmediate(resolve));
  return work();
}

/** Answers later, as the packages for phones do. */
function asyncDriver(db: Database.Database): SqliteDriver {
  const driver = syncDriver(db);
  return {
    run: (sql, params) => later(() => driver.run(sql, params)),
    all: (sql, params) => later(() => driver.all(sql, params)),
    close: () => later(() => driver.close()),
  };
}

const memory = (): Database.Database => new Database(':memory:');

describe('SqliteStore', () => {
  describe('on libsql', () => {
    it.each(storeContract())('$title', async ({ run }) => {
      const file = newFile();
      await run({ open: () => openSqliteStore(file) });
    });
  });

  describe('on a driver that answers later', () => {
    it.each(storeContract())('$title', async ({ run }) => {
      const file = newFile();
      mkdirSync(join(file, '..'));
      await run({ open: () => SqliteStore.open(asyncDriver(new Database(file))) });
    });
  });

  it('is readable for its owner only, side files included', async () => {
    const file = newFile();
    const store = await openSqliteStore(file);
    await store.write((tx) => tx.put('meta', 'token', 'secret'));
    const modes = [file, `${file}-wal`, `${file}-shm`].map((each) => statSync(each).mode & 0o777);
    await store.close();
    expect(modes).toEqual([0o600, 0o600, 0o600]);
  });

  it('refuses a file of a newer version of the app', async () => {
    const file = newFile();
    await (await openSqliteStore(file)).close();
    const db = new Database(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    await expect(openSqliteStore(file)).rejects.toMatchObject({
      code: 'client.storage',
      message: expect.stringContaining('newer version') as string,
    });
  });

  it('refuses a file that is no database', async () => {
    const file = join(folder, 'text');
    writeFileSync(file, 'not a database '.repeat(1000));
    await expect(openSqliteStore(file)).rejects.toMatchObject({ code: 'client.storage' });
  });

  it('says so when another program keeps the file busy, and works once it is free', async () => {
    const file = newFile();
    const store = await openSqliteStore(file, { patienceMs: 50 });
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.write((tx) => tx.put('meta', 'a', 1))).rejects.toMatchObject({
      code: 'client.storage',
      message: expect.stringContaining('busy') as string,
    });
    expect(await store.read((tx) => tx.count('meta'))).toBe(0);
    other.exec('ROLLBACK');
    other.close();
    await store.write((tx) => tx.put('meta', 'a', 1));
    expect(await store.read((tx) => tx.get('meta', 'a'))).toBe(1);
    await store.close();
  });

  it('saves nothing of a write during which the disk became full, even if the work goes on', async () => {
    const db = memory();
    const store = await SqliteStore.open(syncDriver(db));
    await store.write((tx) => tx.put('meta', 'before', 1));
    const { page_count: pages } = db.prepare('PRAGMA page_count').get() as { page_count: number };
    db.prepare(`PRAGMA max_page_count = ${pages + 3}`).all();
    const failures: unknown[] = [];
    const writing = store.write(async (tx) => {
      await tx.put('meta', 'small', 1);
      await tx.put('samples', 'large', 'x'.repeat(100_000)).catch((error: unknown) => failures.push(error));
      await tx.put('meta', 'after', 1).catch((error: unknown) => failures.push(error));
    });
    await expect(writing).rejects.toMatchObject({ code: 'client.storage' });
    expect(failures).toHaveLength(2);
    expect(await store.read((tx) => tx.list('meta'))).toEqual([{ key: 'before', value: 1 }]);
    await store.write((tx) => tx.put('meta', 'next', 1));
    await store.close();
  });

  it('cannot be written through a read', async () => {
    const store = await SqliteStore.open(syncDriver(memory()));
    const reading = store.read((tx) =>
      (tx as unknown as { put: (...a: unknown[]) => Promise<void> }).put('meta', 'a', 1),
    );
    await expect(reading).rejects.toMatchObject({ code: 'client.storage' });
    await store.close();
  });

  it('is used no more after a rollback that failed', async () => {
    const driver = syncDriver(memory());
    const store = await SqliteStore.open({
      ...driver,
      run: (sql, params) => {
        if (sql === 'ROLLBACK') throw new Error('disk I/O error');
        return driver.run(sql, params);
      },
    });
    const failing = store.write(async () => {
      throw new Error('mine');
    });
    await expect(failing).rejects.toThrow('mine');
    await expect(store.read((tx) => tx.count('meta'))).rejects.toMatchObject({ code: 'client.storage' });
    await store.close();
  });

  describe('in several programs', () => {
    let program: string;

    beforeAll(async () => {
      // Below the project, so that it finds libsql.
      mkdirSync('build', { recursive: true });
      const place = mkdtempSync(resolve('build', 'store-test-'));
      program = join(place, 'writer.mjs');
      await build({
        entryPoints: ['client/test/store/sqlite-writer.ts'],
        outfile: program,
        bundle: true,
        format: 'esm',
        platform: 'node',
        packages: 'external',
        logLevel: 'error',
      });
    });
    afterAll(() => rmSync(join(program, '..'), { recursive: true, force: true }));

    const start = (file: string, mode: string, times: number): ChildProcess =>
      spawn(process.execPath, [program, file, mode, String(times)], { stdio: ['ignore', 'pipe', 'inherit'] });

    it('says which package is missing where libsql is not installed', async () => {
      const lonely = join(folder, 'writer.mjs');
      copyFileSync(program, lonely);
      const run = spawnSync(process.execPath, [lonely, newFile(), 'increment', '1'], { encoding: 'utf8' });
      expect(run.status).not.toBe(0);
      expect(run.stderr).toContain('npm install libsql');
    });

    it('does writes one at a time', async () => {
      const file = newFile();
      await (await openSqliteStore(file)).close();
      const writers = [start(file, 'increment', 100), start(file, 'increment', 100)];
      const exits = await Promise.all(
        writers.map(async (writer) => (await once(writer, 'exit')) as unknown[]),
      );
      expect(exits.map(([code]) => code)).toEqual([0, 0]);
      const store = await openSqliteStore(file);
      expect(await store.read((tx) => tx.get('meta', 'count'))).toBe(200);
      await store.close();
    });

    /** Kills the writer as soon as it has acknowledged some rounds; gives the last one it acknowledged. */
    async function writeUntilKilled(file: string, rounds: number): Promise<number> {
      const writer = start(file, 'rounds', 1_000_000);
      const exit = once(writer, 'exit');
      let acknowledged = 0;
      let read = 0;
      for await (const line of createInterface({ input: writer.stdout as NodeJS.ReadableStream })) {
        acknowledged = Number(line);
        if (++read === rounds) writer.kill('SIGKILL');
      }
      expect(await exit).toEqual([null, 'SIGKILL']);
      return acknowledged;
    }

    it.each([1, 2, 3, 5, 8, 13])(
      'keeps whole and acknowledged writes when killed after %d of them',
      async (rounds) => {
        const file = newFile();
        // The second time it recovers what the first kill left.
        for (const more of [0, 4]) {
          const acknowledged = await writeUntilKilled(file, rounds + more);
          const store = await openSqliteStore(file);
          const round = await store.read((tx) => tx.get('meta', 'round'));
          const values = (await store.read((tx) => tx.list('records'))).map(({ value }) => value);
          await store.close();
          expect(round).toBeGreaterThanOrEqual(acknowledged);
          expect(values).toEqual(Array.from({ length: 20 }, () => round));
        }
      },
    );
  });
});
