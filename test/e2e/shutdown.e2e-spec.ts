import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import net from 'node:net';
import { Readable } from 'node:stream';
import { createApp } from '../../src/app.js';
import { testEnv } from '../support/app.js';
import { cloneDatabase, type TestDatabase } from '../support/database.js';

/** More than the buffers of two sockets hold. */
const LARGE = 16 * 1024 * 1024;

const ANSWERS = {
  '/whole': () => Buffer.alloc(LARGE, 'x'),
  '/streamed': () => Readable.from(Array.from({ length: 256 }, () => Buffer.alloc(LARGE / 256, 'x'))),
};

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`;

describe('a server that stops while a slow client reads', () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  beforeEach(async () => {
    database = await cloneDatabase();
    ({ app } = await createApp(testEnv(database)));
    for (const [path, body] of Object.entries(ANSWERS))
      app.getHttpAdapter().get(path, (_: unknown, reply: FastifyReply) => reply.send(body()));
    await app.listen(0, '127.0.0.1');
  });
  afterEach(() => database.drop());

  const connect = async () => {
    const { port } = app.getHttpServer().address() as AddressInfo;
    const socket = net.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return socket;
  };

  it.each(Object.keys(ANSWERS))('sends all of %s, then closes at once', async (path) => {
    const reader = await connect();
    const idle = await connect();
    reader.write(get(path));
    // The answer has begun, and stops when the buffers are full.
    await once(reader, 'readable');
    const closed = app.close();
    const late = await connect();
    late.write(get('/health/ready'));
    const [refusal] = (await once(late, 'data')) as [Buffer];
    expect(refusal.toString()).toMatch(/^HTTP\/1\.1 503 [^]*connection: close/i);
    // It lives all the same: nobody should kill it for that.
    const prober = await connect();
    prober.write(get('/health/live'));
    const [alive] = (await once(prober, 'data')) as [Buffer];
    expect(alive.toString()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close/i);

    let received = 0;
    reader.on('data', (chunk: Buffer) => (received += chunk.length));
    const started = Date.now();
    await Promise.all([once(reader, 'close'), closed]);
    expect(received).toBeGreaterThan(LARGE);
    // A connection may be silent for 60 s.
    expect(Date.now() - started).toBeLessThan(10_000);
    for (const socket of [reader, idle, late, prober]) socket.destroy();
  });
});
