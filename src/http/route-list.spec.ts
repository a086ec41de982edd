import { fastify } from 'fastify';
import { RouteList } from './route-list.js';

const handler = () => Promise.resolve({});

describe('the list of routes', () => {
  const server = fastify();
  const routes = new RouteList(server);
  server.get('/api/sessions/:id', handler);
  server.delete('/api/sessions/:id', handler);
  server.get('/api/docs/*', handler);
  server.route({ method: 'POST', url: '/api/sync/push', handler, config: { bodyLimit: 5 } });
  afterAll(() => server.close());

  it('knows the methods of an address, whatever stands for its parameters', () => {
    expect(routes.methodsAt('/api/sessions/1?x=/api/sync/push')).toEqual(['DELETE', 'GET', 'HEAD']);
    expect(routes.methodsAt('/api/docs/a/b.css')).toEqual(['GET', 'HEAD']);
    expect(routes.methodsAt('/api/sessions/1/2')).toEqual([]);
    expect(routes.methodsAt('/api/sessions/')).toEqual([]);
  });

  const push = (payload: object) => server.inject({ method: 'POST', url: '/api/sync/push', payload });

  it('sets the limit that a handler asks for', async () => {
    expect((await push({})).statusCode).toBe(200);
    expect((await push({ a: 1 })).statusCode).toBe(413);
  });
});
