import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Texts that are keys: columns of each table with their types. */
const KEYS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  workout_sessions: { client_key: 'text' },
  personal_records: { client_key: 'text' },
  phase_statistics: { client_key: 'text', session_key: 'text' },
  routines: { client_key: 'text' },
  supersets: { client_key: 'text', routine_key: 'text' },
  routine_exercises: { client_key: 'text', routine_key: 'text', superset_key: 'text' },
  custom_exercises: { client_key: 'text' },
  earned_badges: { client_key: 'text' },
  gamification_stats: { client_key: 'text' },
  metric_chunks: { session_key: 'text' },
  sync_devices: { device_id: 'varchar(128)' },
  device_cursors: { device_id: 'varchar(128)' },
  device_marks: { device_id: 'varchar(128)', collection: 'varchar(50)' },
  record_aliases: { collection: 'varchar(50)', client_key: 'text' },
  record_versions: { collection: 'varchar(50)' },
};

/** Children that wait for a parent: few, so that an index of only them costs nearly nothing. */
const WAITING = [
  {
    table: 'phase_statistics',
    parent: 'session',
    whole: 'IDX_bd6e5100b4d393cbafa5b71b34',
    part: 'IDX_df925dbc7eeb1dc8e5eacef760',
  },
  {
    table: 'supersets',
    parent: 'routine',
    whole: 'IDX_f8118ac5b097461f2513345e3a',
    part: 'IDX_57a5a1732519eab06618bb79d8',
  },
  {
    table: 'routine_exercises',
    parent: 'routine',
    whole: 'IDX_e2d74fef52a89e563f721a482d',
    part: 'IDX_074c370474df77763fc642c9db',
  },
  {
    table: 'routine_exercises',
    parent: 'superset',
    whole: 'IDX_53bd3b778fff9ad34a583926f3',
    part: 'IDX_89790b47ff4246a40303b1ed12',
  },
] as const;

/** Tables in which an account may have many rows, found by the account and something else. */
const OWNED = [...Object.keys(KEYS), 'rejected_records', 'auth_sessions', 'refresh_tokens'];
/**
 * Rows that the planner is to expect of an account. Where it expects one or two, the index that finds a row and one that
 * finds all rows of the account cost the same to it, and the wrong one takes seconds for an account of 10,000.
 */
const ROWS_OF_ACCOUNT = 2000;

const collate = async (queryRunner: QueryRunner, collation: string) => {
  for (const [table, columns] of Object.entries(KEYS)) {
    const changes = Object.entries(columns).map(
      ([column, type]) => `ALTER COLUMN "${column}" TYPE ${type} COLLATE ${collation}`,
    );
    // No row is written anew; the indexes on these columns are.
    await queryRunner.query(`ALTER TABLE "${table}" ${changes.join(', ')}`);
  }
};

/**
 * Keys are compared by bytes, resolved children are in no index of those that wait, the planner expects accounts to have
 * many rows, and a device's row has room.
 */
export class CheaperKeys1795937342363 implements MigrationInterface {
  name = 'CheaperKeys1795937342363';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const { whole } of WAITING) await queryRunner.query(`DROP INDEX "${whole}"`);
    await collate(queryRunner, '"C"');
    for (const { table, parent, part } of WAITING)
      await queryRunner.query(
        `CREATE INDEX "${part}" ON "${table}" ("user_id", "${parent}_key") WHERE "${parent}_server_id" IS NULL`,
      );
    for (const table of OWNED)
      await queryRunner.query(
        `ALTER TABLE "${table}" ALTER COLUMN "user_id" SET (n_distinct = ${-1 / ROWS_OF_ACCOUNT})`,
      );
    // Updated with every push, none of its columns in an index but the key: with room on the page no index is touched.
    await queryRunner.query(`ALTER TABLE "sync_devices" SET (fillfactor = 70)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "sync_devices" RESET (fillfactor)`);
    for (const table of OWNED)
      await queryRunner.query(`ALTER TABLE "${table}" ALTER COLUMN "user_id" RESET (n_distinct)`);
    for (const { part } of WAITING) await queryRunner.query(`DROP INDEX "${part}"`);
    await collate(queryRunner, 'pg_catalog."default"');
    for (const { table, parent, whole } of WAITING)
      await queryRunner.query(`CREATE INDEX "${whole}" ON "${table}" ("user_id", "${parent}_key")`);
  }
}
