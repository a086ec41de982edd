/** A function of the database that runs as the owner of the tables, for the server's role to call. */
export interface Door {
  name: string;
  /** Its parameters, as SQL declares them. */
  takes: string;
  gives: string;
  language: 'sql' | 'plpgsql';
  body: string;
}

/**
 * The only ways through the wall (wall.ts): each answers one question that is asked before it is known whose account it
 * is about, and gives ids of accounts, nothing that is in them. What follows declares the account and stays in it.
 */
export const DOORS: readonly Door[] = [
  {
    name: 'account_by_email',
    takes: 'address text',
    gives: 'setof uuid',
    language: 'sql',
    body: 'select id from users where email = address',
  },
  {
    name: 'accounts_to_purge',
    takes: 'moment bigint, most integer',
    gives: 'setof uuid',
    language: 'sql',
    body: 'select id from users where purge_after_at <= moment order by purge_after_at limit most',
  },
  {
    name: 'accounts_after',
    takes: 'last_seen uuid, most integer',
    gives: 'setof uuid',
    language: 'sql',
    body: 'select id from users where id > last_seen order by id limit most',
  },
  {
    name: 'accounts_with_mail',
    takes: 'moment bigint, most integer',
    gives: 'setof uuid',
    language: 'sql',
    body: 'select user_id from outgoing_mails where next_attempt_at <= moment order by next_attempt_at limit most',
  },
  {
    name: 'ledgers_naming',
    takes: 'holder uuid',
    gives: 'setof uuid',
    language: 'sql',
    body: `
      select user_id from billing_events where holder_id <> user_id and holder_id = holder and user_id <> holder
      union select user_id from billing_events
      where type = 'TRANSFER' and transferred_from @> array[holder] and user_id <> holder
      union select user_id from billing_events
      where type = 'TRANSFER' and transferred_to @> array[holder] and user_id <> holder`,
  },
];

/**
 * Has PostgreSQL look at a table of accounts again: only its owner may. Reads a sample and gives nothing away; a table that
 * is being looked at already is passed over.
 */
export const REFRESH_STATISTICS: Door = {
  name: 'refresh_statistics',
  takes: 'tables regclass[]',
  gives: 'void',
  language: 'plpgsql',
  body: `
    declare
      held regclass;
    begin
      foreach held in array tables loop
        if exists (select from pg_attribute where attrelid = held and attname = 'user_id') then
          execute format('analyze (skip_locked) %s', held);
        end if;
      end loop;
    end`,
};
