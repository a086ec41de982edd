import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { lockFileOf } from '../../src/database/folder-lock.js';
import { Api } from '../support/api.js';
import { buildProgram, runCommand, ServerProcess, temporaryFolder } from '../support/server-process.js';

const SECRET = 'a-secret-of-tests-that-is-long-enough';

/** What a server in another container leaves to be seen: a process number that means nothing here, and a lock. */
async function startElsewhere(folder: string, left: string) {
  fs.writeFileSync(path.join(folder, 'postmaster.pid'), left);
  const holder = spawn('flock', [lockFileOf(folder), 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await once(holder.stdout, 'data');
  return {
    end: async () => {
      const ended = once(holder, 'exit');
      // Its children have the lock as well.
      process.kill(-(holder.pid ?? 0), 'SIGKILL');
      await ended;
    },
  };
}

// `flock` comes with every Linux; elsewhere there are no containers that share a kernel.
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('an embedded database whose folder another container has', () => {
  const { folder: place, remove } = temporaryFolder();
  const env = { DATA_DIR: path.join(place, 'data'), JWT_SECRET: SECRET };
  let folder: string;
  let left: string;
  let elsewhere: Awaited<ReturnType<typeof startElsewhere>>;

  beforeAll(async () => {
    buildProgram();
    const server = await ServerProcess.start(env);
    const [name = ''] = fs.readdirSync(env.DATA_DIR).filter((each) => /^pg\d+$/.test(each));
    folder = path.join(env.DATA_DIR, name);
    left = fs.readFileSync(path.join(folder, 'postmaster.pid'), 'utf8').replace(/^\d+/, '99999998');
    expect((await runCommand(['backup', path.join(place, 'backup.tar.gz')], env)).code).toBe(0);
    await server.end('SIGTERM');
    elsewhere = await startElsewhere(folder, left);
  }, 120_000);
  afterAll(remove);

  it('is not restored over, whatever is said', async () => {
    const { code, err } = await runCommand(['restore', path.join(place, 'backup.tar.gz'), '--force'], env);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('in another container. Stop that server first.'),
    ]);
  });

  it('is left alone until that one ends, and then taken over', async () => {
    const news = new EventEmitter();
    const waiting = once(news, 'waits');
    const starting = ServerProcess.start(env, undefined, (said) => {
      if (said.includes('waiting for another server to leave')) news.emit('waits');
    });
    await waiting;
    expect(fs.readFileSync(path.join(folder, 'postmaster.pid'), 'utf8')).toBe(left);
    await elsewhere.end();
    const server = await starting;
    expect((await new Api(server.url).signUp()).user.id).toBeDefined();
    await server.end('SIGTERM');
  });
});
