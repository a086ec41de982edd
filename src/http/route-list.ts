import type { FastifyInstance, RouteOptions } from 'fastify';
import type { BodyLimitConfig } from '../common/body-limit.js';
import type { KnownRoutes } from '../common/problem.filter.js';

interface Route {
  methods: string[];
  url: string;
  pattern: RegExp;
}

const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replaceAll(/:[^/]+/g, '[^/]+')
      .replaceAll('*', '.*')}$`,
  );

/** Every route of the server, noted as it is made; applies `@BodyLimit`. Make it before the routes. */
export class RouteList implements KnownRoutes {
  private readonly routes: Route[] = [];

  constructor(server: FastifyInstance) {
    server.addHook('onRoute', (route) => {
      this.note(route);
      const { bodyLimit } = (route.config ?? {}) as BodyLimitConfig;
      if (bodyLimit !== undefined) route.bodyLimit = bodyLimit;
    });
  }

  methodsAt(url: string): string[] {
    const [path = ''] = url.split('?', 1);
    const fitting = this.routes.filter(({ pattern }) => pattern.test(path));
    return [...new Set(fitting.flatMap(({ methods }) => methods))].toSorted();
  }

  /** Method and pattern of each route, as `GET /api/sync/status`. */
  list(): string[] {
    return this.routes.flatMap(({ methods, url }) => methods.map((method) => `${method} ${url}`)).toSorted();
  }

  private note({ method, url }: RouteOptions): void {
    // The catch-all that answers CORS preflights is no address of ours.
    if (url === '*') return;
    this.routes.push({ methods: [method].flat(), url, pattern: patternOf(url) });
  }
}
