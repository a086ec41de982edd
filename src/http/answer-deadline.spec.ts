import Fastify, { type FastifyInstance } from 'fastify';
import { AnswerDeadline } from './answer-deadline.js';

/** A server whose handlers do not answer before they are let go. */
async function stubborn(): Promise<{ server: FastifyInstance; url: string; letGo: () => void }> {
  const server = Fastify();
  const deadline = new AnswerDeadline(({ code }, _, reply) => void reply.code(503).send({ code }), 40, 10);
  deadline.watch(server);
  let letGo: (() => void) | undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    deadline.begin(request);
    done(null, body);
  });
  const wait = async () => {
    await held;
    return { done: true };
  };
  server.get('/hangs', wait);
  server.post('/hangs', wait);
  server.get('/long', { config: { answerMs: 60_000 } }, wait);
  return { server, url: await server.listen({ port: 0, host: '127.0.0.1' }), letGo: () => letGo?.() };
}

describe('a request that is not answered in time', () => {
  let server: FastifyInstance;
  let url: string;
  let letGo: () => void;

  beforeEach(async () => {
    ({ server, url, letGo } = await stubborn());
  });
  afterEach(() => server.close());

  it.each([
    {},
    { method: 'POST' },
    { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
  ])('is answered 503, and what its work gives later goes nowhere: %p', async (request) => {
    const answer = await fetch(`${url}/hangs`, request);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ code: 'server.unavailable' });
    letGo();
    expect((await fetch(`${url}/hangs`, request)).status).toBe(200);
  });

  it('has as much time as its route says', async () => {
    const long = fetch(`${url}/long`);
    // The other one, asked later, is over its time before it.
    expect((await fetch(`${url}/hangs`)).status).toBe(503);
    letGo();
    expect((await long).status).toBe(200);
  });
});
