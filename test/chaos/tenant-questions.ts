import { ApiDocument, type Operation, type Schema } from './api-document.js';

export interface Question {
  operation: Operation;
  /** Method, address and the field in which the id stands. */
  place: string;
  path: string;
  body?: unknown;
}

/** Fields that name something. E-mail addresses are none: that one is taken is said to whoever signs up with it. */
const NAMES_SOMETHING = /^(id|cursor|before|.*Id|.*Ids)$/;

/** Would end the asker's sign-in. */
const LEFT_OUT = new Set(['POST /api/auth/logout']);

/** For fields that are not asked about. */
const NOTHING = 'nothing-of-this-name';

const document = ApiDocument.load();

/** One request for each field of each route that can name `id`, all other fields being sound. */
export function* questionsAbout(id: string, collections: readonly string[]): Generator<Question> {
  for (const operation of document.operations()) {
    const name = `${operation.method} ${operation.path}`;
    if (LEFT_OUT.has(name)) continue;
    const bodies = operation.body === null ? [undefined] : soundBodies(operation.body);
    for (const body of bodies)
      for (const [field, path] of pathsWith(operation, id, collections))
        yield { operation, place: `${name} ${field}`, path, body };
    const path = filled(operation.path, () => NOTHING);
    for (const [body, schema] of bodies.map((sound) => [sound, operation.body] as const))
      for (const [field, asking] of schema === null ? [] : valuesWith(body, schema, id))
        yield { operation, place: `${name} ${field}`, path, body: asking };
  }
}

const filled = (path: string, valueOf: (name: string) => string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(valueOf(name)));

/** Field → path, for each parameter of path and query that can name something. */
function pathsWith(
  { path, parameters }: Operation,
  id: string,
  collections: readonly string[],
): [string, string][] {
  const named = parameters.filter(({ name }) => NAMES_SOMETHING.test(name));
  const places = path.includes('{collection}') ? collections : [''];
  return named.flatMap(({ name, in: kind }) =>
    places.map((collection): [string, string] => {
      const whole = filled(path, (parameter) => {
        if (parameter === 'collection') return collection;
        if (parameter === 'version') return '1';
        return parameter === name ? id : NOTHING;
      });
      return [name, kind === 'query' ? `${whole}?${name}=${encodeURIComponent(id)}` : whole];
    }),
  );
}

/** Bodies that are taken: with what must be there, and for lists that may be left out one body each. */
function soundBodies(schema: Schema): object[] {
  const how = { optional: false, textFor: (name: string) => (name === 'deviceId' ? 'phone' : NOTHING) };
  const bare = document.sample(schema, how) as object;
  const sections = Object.entries(document.resolve(schema).properties ?? {}).filter(
    ([, part]) => document.resolve(part).type === 'array',
  );
  return [bare, ...sections.map(([name, part]) => ({ ...bare, [name]: document.sample(part, how) }))];
}

/** Field → value, for each field at any depth of `value` that can name something; also for those that may be left out. */
function* valuesWith(value: unknown, schema: Schema, id: string): Generator<[string, unknown]> {
  const { properties = {}, items } = document.resolve(schema);
  if (Array.isArray(value)) {
    for (const [field, entry] of items === undefined ? [] : valuesWith(value[0], items, id))
      yield [`[].${field}`, [entry]];
    return;
  }
  if (value === null || typeof value !== 'object') return;
  const held = value as Record<string, unknown>;
  for (const [key, part] of Object.entries(properties))
    if (NAMES_SOMETHING.test(key)) yield [key, { ...held, [key]: id }];
    else
      for (const [field, inner] of valuesWith(held[key], part, id))
        yield [`${key}.${field}`, { ...held, [key]: inner }];
}
