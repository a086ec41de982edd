import type { Client } from 'openapi-fetch';
import type { paths } from './openapi.js';
import { Outgoing } from './transport.js';

/** A client of openapi-fetch as far as the API needs it, so that every call is checked against the portal's document. */
export type HttpClient = Pick<Client<paths>, 'GET' | 'POST' | 'PATCH' | 'DELETE'>;

/** What a call hands over, types aside. */
interface Init {
  fetch: (outgoing: Outgoing) => Promise<Response>;
  params?: {
    path?: Record<string, unknown>;
    query?: Record<string, unknown>;
    header?: Record<string, string>;
  };
  headers?: Record<string, string>;
  body?: unknown;
  bodySerializer?: (body: unknown) => string;
  parseAs?: 'arrayBuffer';
}

const text = (value: unknown) => encodeURIComponent(String(value));

export function addressOf(path: string, { path: ids = {}, query = {} }: NonNullable<Init['params']>): string {
  const place = path.replace(/\{(\w+)\}/g, (_, name: string) => text(ids[name]));
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = asked.map(([name, value]) => `${text(name)}=${text(value)}`).join('&');
  return search === '' ? place : `${place}?${search}`;
}

/**
 * Does in a few lines what this API needs of openapi-fetch, whose types it has: with its middleware, form data and styles
 * of parameters, which nothing here uses, that package alone would be a sixth of what an application may carry.
 */
export function httpClient(baseUrl: string): HttpClient {
  const root = baseUrl.replace(/\/+$/, '');
  const method = (name: string) => async (path: string, init: Init) => {
    const { body, bodySerializer = JSON.stringify, params, headers: given } = init;
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const headers = new Headers({ ...type, ...params?.header, ...given });
    const packed = body === undefined ? {} : { body: bodySerializer(body) };
    const response = await init.fetch(
      new Outgoing(root + addressOf(path, params ?? {}), { method: name, headers, ...packed }),
    );
    if (response.status === 304) return { response };
    const data: unknown = await (init.parseAs === 'arrayBuffer' ? response.arrayBuffer() : response.json());
    return { data, response };
  };
  const client = {
    GET: method('GET'),
    POST: method('POST'),
    PATCH: method('PATCH'),
    DELETE: method('DELETE'),
  };
  return client as unknown as HttpClient;
}
