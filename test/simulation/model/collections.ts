import fs from 'node:fs';
import path from 'node:path';

/** What the model knows of the records: the published API document, and the few things only the protocol's text says. */

export type Value = string | number | boolean | null;

export interface FieldRule {
  name: string;
  kind: 'int' | 'real' | 'bool' | 'text' | 'millis' | 'reference';
  nullable: boolean;
  /** What a new record holds when the key is absent; undefined: it must not be absent. */
  fallback: Value | undefined;
  maxLength: number;
}

export interface CollectionRule {
  name: string;
  /** Sorted by name. */
  fields: readonly FieldRule[];
  byName: ReadonlyMap<string, FieldRule>;
  /** Field → collection of the parent. */
  parents: Readonly<Record<string, string>>;
  naturalKey: readonly string[];
  /** What a record keeps for life: a row number that comes back with another value was used anew. */
  fixed: readonly string[];
  isSingleton: boolean;
}

const PARENTS: Record<string, Record<string, string>> = {
  phaseStats: { sessionId: 'sessions' },
  supersets: { routineId: 'routines' },
  routineExercises: { routineId: 'routines', supersetId: 'supersets' },
};
const NATURAL_KEYS: Record<string, string[]> = {
  badges: ['badgeId'],
  records: ['exerciseId', 'workoutMode', 'prType', 'achievedAt', 'weight', 'reps'],
};
const FIXED: Record<string, string[]> = {
  badges: ['badgeId'],
  records: ['exerciseId', 'workoutMode', 'prType', 'achievedAt'],
  phaseStats: ['sessionId'],
};

/** Parents before children: the order in which a push is decided and a pull is sent. */
export const NAMES = [
  'badges',
  'exercises',
  'gamificationStats',
  'sessions',
  'phaseStats',
  'records',
  'routines',
  'supersets',
  'routineExercises',
] as const;

interface Schema {
  type?: string;
  format?: string;
  nullable?: boolean;
  default?: Value;
  maxLength?: number;
  items?: { $ref: string };
  allOf?: { $ref: string }[];
  properties?: Record<string, Schema>;
}

function kindOf({ type, format }: Schema): FieldRule['kind'] {
  if (type === 'integer') return format === 'int64' ? 'millis' : 'int';
  if (type === 'number') return 'real';
  return type === 'boolean' ? 'bool' : 'text';
}

function ruleOf(name: string, schemas: Record<string, Schema>): CollectionRule {
  const section = schemas['SyncPushRequest'].properties?.[name];
  const dto = (section?.items ?? section?.allOf?.[0])?.$ref.split('/').at(-1) ?? '';
  const parents = PARENTS[name] ?? {};
  const fields = Object.entries(schemas[dto].properties ?? {})
    .filter(([field]) => field !== 'clientId' && field !== 'serverId')
    .map(([field, schema]) => ({
      name: field,
      kind: field in parents ? ('reference' as const) : kindOf(schema),
      nullable: schema.nullable === true,
      fallback: schema.default ?? (schema.nullable === true ? null : undefined),
      maxLength: schema.maxLength ?? Infinity,
    }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return {
    name,
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    parents,
    naturalKey: NATURAL_KEYS[name] ?? [],
    fixed: FIXED[name] ?? [],
    isSingleton: section?.items === undefined,
  };
}

function readRules(): CollectionRule[] {
  const file = path.join(process.cwd(), 'docs/openapi.json');
  const { components } = JSON.parse(fs.readFileSync(file, 'utf8')) as {
    components: { schemas: Record<string, Schema> };
  };
  return NAMES.map((name) => ruleOf(name, components.schemas));
}

export const RULES: readonly CollectionRule[] = readRules();

/** Which collections have a field that names a record of this one. */
export const childrenOf = (parent: string) =>
  RULES.flatMap((rule) =>
    Object.entries(rule.parents)
      .filter(([, collection]) => collection === parent)
      .map(([reference]) => ({ rule, reference })),
  );
