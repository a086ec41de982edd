import { RouteConfig } from '@nestjs/platform-fastify';

export const ZIP_TYPE = 'application/zip';

/** Set on a handler by `ZipBody`, read when a request comes. */
export interface ZipBodyConfig {
  zipBody?: boolean;
}

/** Gives a handler the body of a ZIP as a stream, of which nothing was read before the guards let the caller in. */
export const ZipBody = () => RouteConfig({ zipBody: true } satisfies ZipBodyConfig);
