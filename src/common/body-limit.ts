import { RouteConfig } from '@nestjs/platform-fastify';

export const MIB = 1024 * 1024;

/** What a body may have where nothing else is said. */
export const DEFAULT_BODY_LIMIT = MIB;

/** Set on a handler by `BodyLimit`, read when the route is made. */
export interface BodyLimitConfig {
  bodyLimit?: number;
}

/** Lets a handler take larger bodies. Counts bytes after unpacking; beyond it the answer is 413 `request.too_large`. */
export const BodyLimit = (bytes: number) => RouteConfig({ bodyLimit: bytes } satisfies BodyLimitConfig);
