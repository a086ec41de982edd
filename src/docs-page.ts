import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { loadSwagger } from './common/api-docs.js';
import { AppError } from './common/app-error.js';
import { openApiDocument } from './openapi.js';

const PATH = '/api/docs';
const ROUTES = [PATH, `${PATH}/*`, `${PATH}-json`, `${PATH}-yaml`];

/** Whose headers are those of the outer connection. */
const CONNECTION = new Set(['connection', 'date', 'keep-alive', 'transfer-encoding']);

@Module({})
class DocsPage {}

/** A server of its own that never listens: routes cannot be added to one that does. */
async function makePage(app: NestFastifyApplication): Promise<FastifyInstance> {
  const { SwaggerModule } = await loadSwagger();
  const document = await openApiDocument(app);
  const page = await NestFactory.create<NestFastifyApplication>(DocsPage, new FastifyAdapter(), {
    abortOnError: false,
  });
  SwaggerModule.setup(PATH, page, document, {
    jsonDocumentUrl: `${PATH}-json`,
    yamlDocumentUrl: `${PATH}-yaml`,
    customSiteTitle: 'Phoenix Portal API',
    swaggerOptions: { persistAuthorization: true },
  });
  await page.init();
  return page.getHttpAdapter().getInstance();
}

/** Serves the document and a page to try it out with. Both are made on the first visit, not at start. */
export function publishDocs(app: NestFastifyApplication): void {
  let made: Promise<FastifyInstance> | undefined;
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const page = await (made ??= makePage(app));
    const { url } = request;
    // Compression is the outer server's.
    const headers = { ...request.headers, 'accept-encoding': 'identity' };
    const answered = await page.inject({ method: 'GET', url, headers });
    if (answered.statusCode >= 400) throw new AppError('route.not_found');
    for (const [name, value] of Object.entries(answered.headers))
      if (!CONNECTION.has(name)) reply.header(name, value);
    return reply.status(answered.statusCode).send(answered.rawPayload);
  };
  for (const route of ROUTES) app.getHttpAdapter().get(route, answer);
}
