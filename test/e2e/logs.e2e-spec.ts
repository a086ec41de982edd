import { Client } from 'pg';
import { Api, type Answer } from '../support/api.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { buildProgram, ServerProcess } from '../support/server-process.js';

const METRICS_TOKEN = 'secret-token-of-prometheus';
const JWT_SECRET = 'secret-that-signs-tokens-and-is-long-enough';

interface Line {
  level: string;
  msg: string;
  requestId?: string;
  userId?: string;
  [key: string]: unknown;
}

/** Makes PostgreSQL refuse what a large push asks for afterwards. */
const BROKEN_STATISTICS = `
  drop function refresh_statistics;
  create function refresh_statistics(tables regclass[]) returns void language plpgsql as $$
    begin raise exception 'no statistics today'; end $$`;

describe('the log of a server', () => {
  let database: TestDatabase;
  let admin: Client;
  let server: ServerProcess;
  let api: Api;
  let userId: string;
  let secrets: string[];
  let answers: Record<'push' | 'wrong' | 'fault' | 'stranger', Answer>;

  beforeAll(async () => {
    buildProgram();
    database = await cloneDatabase();
    admin = new Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(BROKEN_STATISTICS);
    server = await ServerProcess.start({
      DATABASE_URL: database.serverUrl,
      DATABASE_OWNER_URL: database.url,
      JWT_SECRET,
      METRICS_TOKEN,
      NODE_ENV: 'production',
      LOG_LEVEL: 'debug',
      LOG_CONTEXT: 'on',
    });
    api = new Api(server.url);
    const { email, password, token, refreshToken, user } = await api.signUp();
    userId = user.id;
    await admin.query(`update users set subscription_status = 'premium' where id = $1`, [userId]);
    const wrong = await api.post('/api/auth/login', { body: { email, password: 'secret but wrong' } });
    const { body: renewed } = await api.post('/api/auth/refresh', { body: { refreshToken } });
    const routines = Array.from({ length: 250 }, (_, n) => ({
      clientId: `r${n}`,
      name: 'Secret routine',
      createdAt: 1,
      updatedAt: 1,
    }));
    const pushed = { deviceId: 'phone', deviceName: 'Secret phone', lastSync: 0, routines };
    const push = await api.post('/api/sync/push', { token, body: pushed });
    await api.get('/api/routines?limit=1&search=secret-query', { token });
    await api.get('/metrics', { token: METRICS_TOKEN });
    const stranger = await api.get('/api/routines', { token: 'secret.forged.token' });
    const forwarded = { 'x-forwarded-for': '192.0.2.7' };
    for (const path of ['/health/live', '/health/live'])
      await fetch(`${server.url}${path}`, { headers: forwarded });
    await admin.query('alter table server_state rename to elsewhere');
    const fault = await api.post('/api/sync/pull', { token, body: { deviceId: 'phone', lastSync: 0 } });
    answers = { push, wrong, fault, stranger };
    secrets = [
      email,
      password,
      token,
      refreshToken,
      renewed.token,
      renewed.refreshToken,
      METRICS_TOKEN,
      JWT_SECRET,
      'secret but wrong',
      'Secret',
      'secret-query',
      'forged',
    ];
    await server.end('SIGTERM');
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  const lines = (): Line[] =>
    server.output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Line);
  const linesOf = ({ headers }: Answer) =>
    lines().filter(({ requestId }) => requestId === headers.get('x-request-id'));

  it('has one line for each request, with its route and whose it was', () => {
    const said = linesOf(answers.push).filter(({ msg }) => msg === 'request');
    expect(said).toEqual([
      expect.objectContaining({
        level: 'info',
        method: 'POST',
        path: '/api/sync/push',
        route: '/api/sync/push',
        status: 200,
        userId,
        ms: expect.any(Number),
      }),
    ]);
    const [unknown] = linesOf(answers.stranger).filter(({ msg }) => msg === 'request');
    expect(unknown).toMatchObject({ status: 401, route: '/api/routines' });
    expect(unknown).not.toHaveProperty('userId');
  });

  it('names request and account with a fault', () => {
    expect(answers.fault.status).toBe(500);
    const [fault] = linesOf(answers.fault).filter(({ level }) => level === 'error');
    expect(fault).toMatchObject({ userId, msg: 'unexpected error', err: { code: '42P01' } });
  });

  it('names request and account with what a service warns of', () => {
    expect([answers.push.status, answers.push.body.rejected]).toEqual([200, []]);
    const warnings = lines().filter(({ level, context }) => level === 'warn' && context !== undefined);
    expect(warnings).toEqual([
      expect.objectContaining({
        context: 'PushService',
        msg: 'no statistics today',
        userId,
        requestId: answers.push.headers.get('x-request-id'),
      }),
    ]);
  });

  it('says once that a proxy seems to stand before a server that was told of none', () => {
    const hints = lines().filter(({ msg }) => msg.startsWith('requests carry X-Forwarded-For'));
    expect(hints).toHaveLength(1);
    expect(JSON.stringify(hints)).not.toContain('192.0.2.7');
  });

  it('holds nothing of what people send: no address, password, token, content or query', () => {
    expect(answers.wrong.status).toBe(401);
    expect(lines().length).toBeGreaterThan(9);
    expect(secrets.filter((secret) => server.output.includes(secret))).toEqual([]);
  });
});
