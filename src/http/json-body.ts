import { isUtf8 } from 'node:buffer';
import type { FastifyInstance } from 'fastify';
import { AppError } from '../common/app-error.js';

/**
 * Bounds the recursion of everything that walks a body later. Far above what a record may nest, so that one record that
 * is too deep is refused alone by the push.
 */
const MAX_DEPTH = 500;

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  for (const key in value) if (!isShallow((value as Record<string, unknown>)[key], levels - 1)) return false;
  return true;
}

function assertAcceptable(body: unknown): void {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new AppError('request.not_json');
  if (!isShallow(body, MAX_DEPTH))
    throw new AppError('request.invalid', { detail: `The body is nested deeper than ${MAX_DEPTH} levels.` });
}

/**
 * Takes JSON objects and nothing else; an empty body counts as {}. Bytes that are no UTF-8 are refused, where a lenient
 * reader would store something else than was sent; so are keys that would become prototypes.
 */
export function acceptJsonOnly(server: FastifyInstance): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null, {});
    if (!isUtf8(bytes)) return done(new AppError('request.not_json'));
    const text = bytes.toString('utf8');
    return void parse(request, text.startsWith('\uFEFF') ? text.slice(1) : text, (error, body) => {
      if (error !== null) return done(new AppError('request.not_json', { cause: error }));
      try {
        assertAcceptable(body);
      } catch (fault) {
        return done(fault as AppError);
      }
      done(null, body);
    });
  });
}
