import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AppModule } from './app.module.js';
import { BodyPipe } from './common/body-pipe.js';
import { ProblemFilter } from './common/problem.filter.js';
import { TokenSignatures } from './auth/token-signatures.js';
import type { Env } from './config/env.js';
import { createLogger, NestLogger } from './http/logger.js';
import { RouteList } from './http/route-list.js';
import { createAdapter, equip } from './http/server.js';
import { AddressGate } from './limits/address-gate.js';
import { findTracer } from './monitoring/tracing.js';
import { publishDocs } from './docs-page.js';

export interface App {
  app: NestFastifyApplication;
  routes: RouteList;
}

/** The whole server, ready to listen: what main.ts runs and what the tests run. */
export async function createApp(env: Env): Promise<App> {
  findTracer();
  const logger = createLogger(env.logLevel);
  const adapter = createAdapter(env, logger, () => filter);
  const routes = new RouteList(adapter.getInstance<FastifyInstance>());
  const filter = new ProblemFilter(routes);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(env), adapter, {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  app.setGlobalPrefix('api', { exclude: ['health/live', 'health/ready', 'metrics'] });
  app.useGlobalFilters(filter);
  app.useGlobalPipes(new BodyPipe());
  await equip(app, env, filter);
  const signatures = app.get(TokenSignatures);
  app.get(AddressGate).guard(adapter.getInstance<FastifyInstance>(), (token) => signatures.isOurs(token));
  publishDocs(app);
  return { app, routes };
}
