import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import {
  buildProgram,
  postgresProcesses,
  runToEnd,
  ServerProcess,
  temporaryFolder,
} from '../support/server-process.js';

/** Until `probe` is true; the time limit of the test is the limit. */
async function eventually(probe: () => boolean | Promise<boolean>): Promise<number> {
  const started = Date.now();
  while (!(await probe())) await pause(20);
  return Date.now() - started;
}

const account = { email: 'maria@example.org', password: 'correct horse battery staple' };

const post = (server: ServerProcess, path: string, body: unknown) =>
  fetch(`${server.url}/api/auth/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
const statusOf = (server: ServerProcess, path: string) =>
  fetch(`${server.url}${path}`).then(
    (answer) => answer.status,
    () => 0,
  );

describe('the program as it is run', () => {
  const { folder, remove } = temporaryFolder();
  const running: ServerProcess[] = [];
  const start = async (env: Record<string, string> = {}) => {
    const server = await ServerProcess.start({ DATA_DIR: folder, ...env });
    running.push(server);
    return server;
  };
  beforeAll(buildProgram, 120_000);
  afterAll(async () => {
    for (const server of running) await server.end('SIGKILL');
    await eventually(() => postgresProcesses(folder).length === 0);
    remove();
  });

  it('starts from nothing and says where it is', async () => {
    const server = await start();
    // Said behind the address, by which the server was found.
    await eventually(() => server.output.includes(`Documentation: ${server.url}/api/docs`));
    expect(await statusOf(server, '/api/docs')).toBe(200);
    expect(await statusOf(server, '/health/ready')).toBe(200);
    expect((await post(server, 'signup', account)).status).toBe(201);
    expect(postgresProcesses(folder)).not.toEqual([]);
  });

  it('leaves no PostgreSQL behind when it is killed, and has everything when it starts again', async () => {
    await running.pop()?.end('SIGKILL');
    expect(await eventually(() => postgresProcesses(folder).length === 0)).toBeLessThan(5000);
    const server = await start();
    expect((await post(server, 'login', account)).status).toBe(200);
  });

  it('starts PostgreSQL again when that is killed, and serves within five seconds', async () => {
    const [server] = running as [ServerProcess];
    const before = new Set(postgresProcesses(folder));
    for (const pid of before) process.kill(pid, 'SIGKILL');
    const started = Date.now();
    await eventually(async () => {
      const answer = await post(server, 'login', account);
      expect([200, 503]).toContain(answer.status);
      if (answer.status === 503) expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
      return answer.status === 200;
    });
    expect(Date.now() - started).toBeLessThan(5000);
    expect(postgresProcesses(folder).filter((pid) => before.has(pid))).toEqual([]);
  });

  it('stays responsive while PostgreSQL hangs', async () => {
    const [server] = running as [ServerProcess];
    const frozen = postgresProcesses(folder);
    for (const pid of frozen) process.kill(pid, 'SIGSTOP');
    try {
      const started = Date.now();
      expect(await statusOf(server, '/health/live')).toBe(200);
      expect(Date.now() - started).toBeLessThan(500);
      expect(await statusOf(server, '/health/ready')).toBe(503);
      expect(Date.now() - started).toBeLessThan(2500);
    } finally {
      for (const pid of frozen) process.kill(pid, 'SIGCONT');
    }
    await eventually(async () => (await statusOf(server, '/health/ready')) === 200);
  });

  it('shares its PostgreSQL with a second process, which keeps it up when the first one is killed', async () => {
    const [first] = running as [ServerProcess];
    const second = await start();
    expect((await post(second, 'login', account)).status).toBe(200);
    await first.end('SIGKILL');
    await eventually(async () => (await post(second, 'login', account)).status === 200);
    running.shift();
  });

  it('finishes the requests under way when it is told to stop', async () => {
    const [server] = running as [ServerProcess];
    const text = JSON.stringify(account);
    const request = http.request(`${server.url}/api/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': text.length },
    });
    request.write(text.slice(0, 10));
    await pause(200);
    const ended = server.end('SIGTERM');
    await eventually(() => server.output.includes('SIGTERM'));
    request.end(text.slice(10));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(200);
    response.resume();
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(postgresProcesses(folder)).toEqual([]);
    running.shift();
  });

  it('names every fault of its environment at once and does not start', async () => {
    const { code, said } = await runToEnd({ NODE_ENV: 'production', PORT: '70000', RATE_LIMIT: 'perhaps' });
    expect(code).toBe(1);
    for (const name of ['PORT', 'RATE_LIMIT', 'JWT_SECRET']) expect(said).toContain(`- ${name}`);
    expect(said).not.toMatch(/^\s+at /m);
  });
});
