// The reference server: Fastify and pg by hand, and for each request nothing but what the job cannot do without. What a
// product costs beyond it is the price of the framework and of the protocol.
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { Pool } from 'pg';
import type { Sample } from '../data/samples.js';
import { KINDS, PUSH, pullSql, SCHEMA } from './schema.js';
import { packSeries, seriesJson } from './series.js';
import { tokenReader } from './token.js';

const { DATABASE_URL, PORT, HOST, JWT_SECRET = '' } = process.env;
/** As many as the server under measurement has. */
const CONNECTIONS = 10;
const MAX_BODY_BYTES = 64 * 1024 * 1024;
const JSON_TYPE = 'application/json; charset=utf-8';
const PARQUET_TYPE = 'application/vnd.apache.parquet';

class Refusal extends Error {
  constructor(readonly statusCode: number) {
    super('refused');
  }
}

interface AccountRow {
  clock: number;
  subscription_status: string;
  subscription_expires_at: string | null;
}

const pool = new Pool({ connectionString: DATABASE_URL, max: CONNECTIONS, options: '-c jit=off' });
const readToken = tokenReader(JWT_SECRET);

/** The caller's id and account. Signature, account and premium, in one read by primary key. */
async function caller({ headers }: FastifyRequest): Promise<{ userId: string; clock: number }> {
  const userId = readToken(headers.authorization);
  if (userId === null) throw new Refusal(401);
  const { rows } = await pool.query<AccountRow>({
    name: 'account',
    text: `select clock::float8 as clock, subscription_status, subscription_expires_at
      from account where user_id = $1`,
    values: [userId],
  });
  const [account] = rows;
  if (account === undefined) throw new Refusal(401);
  const { clock, subscription_status: status, subscription_expires_at: expires } = account;
  if (status !== 'premium' || (expires !== null && Number(expires) < Date.now())) throw new Refusal(403);
  return { userId, clock };
}

interface PullBody {
  lastSync?: number;
}

async function pull(request: FastifyRequest<{ Body: PullBody }>, reply: FastifyReply): Promise<string> {
  const { userId, clock } = await caller(request);
  reply.type(JSON_TYPE);
  const after = request.body.lastSync ?? 0;
  if (clock <= after) return `{"syncTime":${clock},"hasMore":false}`;
  const sections = await Promise.all(
    KINDS.map(async (kind) => {
      const statement = { name: `pull-${kind.name}`, text: pullSql(kind), values: [userId, after] };
      const { rows } = await pool.query<[string]>({ ...statement, rowMode: 'array' });
      return `"${kind.name}":[${rows.join(',')}]`;
    }),
  );
  return `{"syncTime":${clock},"hasMore":false,${sections.join(',')}}`;
}

type PushBody = { deviceId: string } & Record<string, unknown>;

async function push(request: FastifyRequest<{ Body: PushBody }>, reply: FastifyReply): Promise<string> {
  const { userId } = await caller(request);
  const { body } = request;
  const sections = KINDS.map(({ name, isValid }) => {
    const records = body[name];
    return Array.isArray(records) ? JSON.stringify(records.filter(isValid)) : null;
  });
  const values = [userId, body.deviceId, Date.now(), ...sections];
  const { rows } = await pool.query<Record<string, string | null> & { clock: number }>({
    name: 'push',
    text: PUSH,
    values,
  });
  const [answer] = rows;
  const ids = KINDS.map(({ name }, place) => `"${name}":${answer[`ids${place}`] ?? '{}'}`);
  reply.type(JSON_TYPE);
  return `{"syncTime":${answer.clock},"idMappings":{${ids.join(',')}}}`;
}

type SeriesRequest = { Params: { id: string }; Body: { samples: Sample[] } };

async function upload(request: FastifyRequest<SeriesRequest>, reply: FastifyReply): Promise<object> {
  const { userId } = await caller(request);
  const { samples } = request.body;
  await pool.query({
    name: 'store-series',
    text: `insert into series (user_id, session_id, sample_count, file) values ($1, $2, $3, $4)
      on conflict (user_id, session_id) do update set sample_count = excluded.sample_count, file = excluded.file`,
    values: [userId, request.params.id, samples.length, packSeries(samples)],
  });
  reply.code(201);
  return { uploaded: samples.length };
}

async function download(
  request: FastifyRequest<SeriesRequest>,
  reply: FastifyReply,
): Promise<string | Buffer> {
  const { userId } = await caller(request);
  const { rows } = await pool.query<{ file: Buffer }>({
    name: 'read-series',
    text: 'select file from series where user_id = $1 and session_id = $2',
    values: [userId, request.params.id],
  });
  const [found] = rows;
  if (found === undefined) throw new Refusal(404);
  if (request.headers.accept === PARQUET_TYPE) {
    reply.type(PARQUET_TYPE);
    return found.file;
  }
  reply.type(JSON_TYPE);
  return seriesJson(request.params.id, found.file);
}

await pool.query(SCHEMA);
const app = fastify({ bodyLimit: MAX_BODY_BYTES });
app.route({ method: 'GET', url: '/health/ready', handler: async () => ({ ready: true }) });
app.route({ method: 'GET', url: '/health/live', handler: async () => ({ live: true }) });
app.route({ method: 'POST', url: '/api/sync/pull', handler: pull });
app.route({ method: 'POST', url: '/api/sync/push', handler: push });
app.route({ method: 'POST', url: '/api/sessions/:id/metrics', handler: upload });
app.route({ method: 'GET', url: '/api/sessions/:id/metrics', handler: download });
await app.listen({ port: Number(PORT), host: HOST });

process.on('SIGTERM', () => {
  void app.close().then(() => pool.end());
});
