import fs from 'node:fs';
import path from 'node:path';
import type { OpenAPIObject } from '../../src/common/api-docs.js';
import { openApiDocument } from '../../src/openapi.js';
import { startTestApp, type TestApp } from '../support/app.js';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const TYPED_BY = ['type', '$ref', 'oneOf', 'allOf', 'anyOf'];
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;

function* valuesOf(json: Json, key: string): Generator<Json> {
  if (typeof json !== 'object' || json === null) return;
  for (const [name, value] of Object.entries(json)) {
    if (name === key) yield value;
    yield* valuesOf(value, key);
  }
}

describe('docs/openapi.json', () => {
  let server: TestApp;
  let document: OpenAPIObject;
  let operations: [string, Operation][];
  beforeAll(async () => {
    server = await startTestApp();
    document = await openApiDocument(server.app);
    operations = Object.entries(document.paths).flatMap(([url, item]) =>
      METHODS.flatMap((method): [string, Operation][] => {
        const operation = item[method];
        return operation === undefined ? [] : [[`${method.toUpperCase()} ${url}`, operation]];
      }),
    );
  });
  afterAll(() => server.close());

  it('is what the server serves', async () => {
    const committed: unknown = JSON.parse(
      fs.readFileSync(path.resolve(__dirname, '../../docs/openapi.json'), 'utf8'),
    );
    const answer = await fetch(`${server.url}/api/docs-json`);
    expect(await answer.json()).toEqual(committed);
  });

  it('holds every route of the server', () => {
    const routes = server.routes
      .list()
      .filter((route) => !/^(HEAD|OPTIONS) |^GET \/api\/docs/.test(route))
      .map((route) => route.replaceAll(/:(\w+)/g, '{$1}'));
    expect(operations.map(([name]) => name).toSorted()).toEqual(routes.toSorted());
  });

  it('has a summary and a name of its own for every operation', () => {
    expect(operations.filter(([, { summary }]) => !summary).map(([name]) => name)).toEqual([]);
    const ids = operations.map(([, { operationId }]) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes every successful answer, and every body', () => {
    const faults = operations.flatMap(([name, { responses, requestBody }]) => {
      const good = Object.entries(responses).filter(([status]) => status.startsWith('2'));
      const contents = good.map(([, answer]) => (answer as { content?: Record<string, object> }).content);
      const bodies =
        requestBody === undefined ? [] : [(requestBody as { content?: Record<string, object> }).content];
      const described = [...contents, ...bodies].every((content) =>
        Object.values(content ?? {}).some(
          (media) => Object.keys((media as { schema?: object }).schema ?? {}).length > 0,
        ),
      );
      return good.length > 0 && described ? [] : [name];
    });
    expect(faults).toEqual([]);
  });

  it('names the errors of every operation, all as problem+json', () => {
    for (const [name, { responses, security }] of operations) {
      const statuses = Object.keys(responses).filter(
        (status) => !/^[23]/.test(status) && status !== 'default',
      );
      expect([name, statuses]).toEqual([name, expect.arrayContaining(['500', '503'])]);
      if (security?.length !== 0) expect([name, statuses]).toEqual([name, expect.arrayContaining(['401'])]);
      for (const status of statuses)
        expect([name, responses[status]]).toEqual([
          name,
          expect.objectContaining({ content: { 'application/problem+json': expect.anything() } }),
        ]);
    }
  });

  it('refers to nothing that it does not hold', () => {
    const json = JSON.parse(JSON.stringify(document)) as Json;
    for (const reference of valuesOf(json, '$ref') as Generator<string>) {
      const target = reference
        .replace(/^#\//, '')
        .split('/')
        .reduce<Json | undefined>((node, key) => (node as Record<string, Json> | undefined)?.[key], json);
      expect([reference, target !== undefined]).toEqual([reference, true]);
    }
  });

  it('gives every property a type', () => {
    const schemas = (document.components?.schemas ?? {}) as Record<
      string,
      { properties?: Record<string, object> }
    >;
    const untyped = Object.entries(schemas).flatMap(([schema, { properties = {} }]) =>
      Object.entries(properties)
        .filter(([, property]) => !TYPED_BY.some((key) => key in property))
        .map(([property]) => `${schema}.${property}`),
    );
    expect(untyped).toEqual([]);
  });
});
