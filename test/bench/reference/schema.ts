import { Ajv } from 'ajv';
import { fieldsOf, isOptional, type Field } from '../../../src/common/fields.js';
import { snakeCase } from '../../../src/common/snake-case.js';
import { PersonalRecord } from '../../../src/sessions/personal-record.entity.js';
import { PhaseStatistic } from '../../../src/sessions/phase-statistic.entity.js';
import { WorkoutSession } from '../../../src/sessions/workout-session.entity.js';

/** A kind of record: its table, and the check of one record. */
export interface Kind {
  name: string;
  table: string;
  fields: readonly Field[];
  isValid: (record: unknown) => boolean;
}

const ajv = new Ajv({ strict: false, validateFormats: false });

function kind(name: string, table: string, entity: { prototype: object }): Kind {
  const fields = fieldsOf(entity);
  const properties = Object.fromEntries(
    fields.map((field) => [
      field.name,
      { ...field.schema, type: isOptional(field) ? [field.schema.type, 'null'] : field.schema.type },
    ]),
  );
  const clientId = { type: 'string', minLength: 1, maxLength: 128 };
  const schema = { type: 'object', required: ['clientId'], properties: { clientId, ...properties } };
  return { name, table, fields, isValid: ajv.compile(schema) };
}

/** What the jobs push, with the fields and rules of the server's own declaration, so that both store the same. */
export const KINDS: readonly Kind[] = [
  kind('sessions', 'session', WorkoutSession),
  kind('records', 'record', PersonalRecord),
  kind('phaseStats', 'phase', PhaseStatistic),
];

const quoted = (name: string) => `"${name}"`;
const columnOf = ({ name }: Field) => quoted(snakeCase(name));
/** References are stored as they were sent. */
const typeOf = ({ sqlType, kind }: Field) => (kind === 'reference' ? 'text' : sqlType);

const createTable = ({ table, fields }: Kind) => `
  create table ${table} (
    user_id uuid not null, client_id text not null, server_id uuid not null default gen_random_uuid(),
    device_id text not null, version bigint not null,
    ${fields.map((field) => `${columnOf(field)} ${typeOf(field)}`).join(', ')},
    primary key (user_id, client_id)
  ) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02);
  create index on ${table} (user_id, version);
  create table ${table}_history (like ${table}, primary key (user_id, client_id, version));`;

/** One collection of a push: newer wins, every stored state goes to the history, all ids are given back. */
function storeSql({ table, fields }: Kind, place: number): string {
  const columns = fields.map(columnOf);
  const sent = fields.map((field) => `${quoted(field.name)} ${typeOf(field)}`);
  const given = fields.map(({ name }) => `sent.${quoted(name)}`);
  const changed = ['device_id', 'version', ...columns].map((column) => `${column} = excluded.${column}`);
  return `
    if records${place} is not null then
      with stored as (
        insert into ${table} as held (user_id, client_id, device_id, version, ${columns.join(', ')})
        select owner, sent."clientId", device, clock, ${given.join(', ')}
        from json_to_recordset(records${place}) as sent("clientId" text, ${sent.join(', ')})
        on conflict (user_id, client_id) do update set ${changed.join(', ')}
          where held.updated_at < excluded.updated_at
        returning held.*
      ), kept as (insert into ${table}_history select * from stored)
      select json_object_agg(client_id, server_id)::text, count(*) into ids${place}, written from stored;
      if written < json_array_length(records${place}) then
        select json_object_agg(client_id, server_id)::text into ids${place} from ${table}
        where user_id = owner and client_id in
          (select "clientId" from json_to_recordset(records${place}) as sent("clientId" text));
      end if;
    end if;`;
}

/** The lock is a statement of its own: what follows it sees all that it waited for. */
const PUSH_FUNCTION = `
  create function push(
    owner uuid, device text, now bigint, ${KINDS.map((_, place) => `records${place} json`).join(', ')},
    out clock bigint, ${KINDS.map((_, place) => `out ids${place} text`).join(', ')}
  ) language plpgsql as $$
  declare written bigint;
  begin
    select account.clock into clock from account where user_id = owner for update;
    clock := greatest(clock + 1, now);
    ${KINDS.map(storeSql).join('')}
    update account set clock = push.clock where user_id = owner;
  end $$;`;

export const SCHEMA = `
  create table account (
    user_id uuid primary key, clock bigint not null,
    subscription_status text not null, subscription_expires_at bigint
  ) with (fillfactor = 70);
  ${KINDS.map(createTable).join('')}
  create table series (
    user_id uuid, session_id text, sample_count int not null, file bytea not null, primary key (user_id, session_id)
  );
  alter table series alter column file set storage external;
  ${PUSH_FUNCTION}`;

export const PUSH = `select clock::float8 as clock, ${KINDS.map((_, place) => `ids${place}`).join(', ')}
  from push($1, $2, $3, ${KINDS.map((_, place) => `$${place + 4}`).join(', ')})`;

/** The records above a version as JSON texts, with the names of the wire. */
export const pullSql = ({ table, fields }: Kind) => `
  select row_to_json(r)::text from (
    select client_id as "clientId", server_id as "serverId",
      ${fields.map((field) => `${columnOf(field)} as ${quoted(field.name)}`).join(', ')}
    from ${table} where user_id = $1 and version > $2 order by version) r`;
