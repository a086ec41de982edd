import { parseArgs } from 'node:util';
import { Database } from '../database/database.js';
import { type Action, type Command, UsageError } from './command.js';

const HELP = `Usage:
  citus:distribute --dry-run

Prints the statements that spread the tables over the nodes of a Citus cluster by the account they belong to. Nothing is
changed: they are for whoever sets up such a cluster; see docs/scaling.md for what else it takes.`;

/** A table of accounts that everything else is placed like. */
const MODEL = 'sync_clock';

/** Read by statements of accounts beside their tables: every node has it whole. */
const REFERENCE = ['server_state'];

/**
 * Accounts and their sign-ins stay on the coordinator, and whatever refers to them by a foreign key: addresses of accounts
 * are unique over all of them, which no distributed table can say.
 */
const TABLES = `
  with recursive home(oid) as (
    select 'users'::regclass::oid
    union
    select k.conrelid from pg_constraint k join home on k.confrelid = home.oid where k.contype = 'f'
  )
  select c.relname as name, c.oid in (select oid from home) as at_home
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
   where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
   order by c.relname <> '${MODEL}', c.relname`;

/** `citus:distribute --dry-run` */
export const citusDistribute: Command = {
  name: 'citus:distribute',
  summary: 'print the statements that spread the tables over a Citus cluster',
  help: HELP,
  read(args: string[]): Action {
    const { values } = parseArgs({ args, options: { 'dry-run': { type: 'boolean' } } });
    if (values['dry-run'] !== true)
      throw new UsageError('This server does not run on Citus yet: add --dry-run to see the statements.');
    return async (app) => {
      const tables = await app.get(Database).query<{ name: string; at_home: boolean }>({ text: TABLES });
      const spread = tables.filter(({ at_home: atHome }) => !atHome).map(({ name }) => name);
      const home = tables.filter(({ at_home: atHome }) => atHome).map(({ name }) => name);
      return [
        `-- On the coordinator stay users, ${home.join(', ')} and the tables that belong to no account.`,
        'create extension if not exists citus;',
        ...REFERENCE.map((name) => `select create_reference_table('${name}');`),
        ...spread.map(distributing),
      ].join('\n');
    };
  },
};

const distributing = (name: string): string => {
  const like = name === MODEL ? '' : `, colocate_with => '${MODEL}'`;
  return `select create_distributed_table('${name}', 'user_id'${like});`;
};
