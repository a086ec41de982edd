import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * An upload is one call: its statements run under the lock without a round trip between them. Each statement of a
 * function sees what was committed when it starts, so what follows the lock sees what the lock waited for.
 */
export class StoreChunksAtOnce1795336944443 implements MigrationInterface {
  name = 'StoreChunksAtOnce1795336944443';

  public async up(queryRunner: QueryRunner): Promise<void> {
    // Names are locked in one order, so that uploads under several names of a session cannot wait for each other in a
    // circle. The key of the clock row keeps an account that is being deleted from growing rows again.
    await queryRunner.query(`
      CREATE FUNCTION lock_metric_series(owner uuid, names text[]) RETURNS boolean LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM sync_clock WHERE user_id = owner FOR KEY SHARE;
        IF NOT FOUND THEN
          RETURN false;
        END IF;
        PERFORM pg_advisory_xact_lock(hash) FROM (
          SELECT DISTINCT hashtextextended('metrics/' || owner || '/' || name, 0) AS hash
          FROM unnest(names) AS name ORDER BY hash
        ) AS ordered;
        RETURN true;
      END
      $$`);
    await queryRunner.query(`
      CREATE FUNCTION replace_metric_chunks(
        owner uuid, names text[], expected uuid[], removed uuid[],
        target text, ids uuid[], first_times bigint[], last_times bigint[], counts int[], lengths int[], bytes bytea
      ) RETURNS text LANGUAGE plpgsql AS $$
      BEGIN
        IF NOT lock_metric_series(owner, names) THEN
          RETURN 'account_gone';
        END IF;
        IF ARRAY(SELECT c.id FROM metric_chunks c WHERE c.user_id = owner AND c.session_key = ANY (names)
                 ORDER BY c.first_at, c.id) <> expected THEN
          RETURN 'series_changed';
        END IF;
        DELETE FROM metric_chunks c WHERE c.user_id = owner AND c.session_key = ANY (names) AND c.id = ANY (removed);
        INSERT INTO metric_chunks (user_id, session_key, id, first_at, last_at, sample_count, blob)
        SELECT owner, target, n.id, n.first_at, n.last_at, n.sample_count,
          substring(bytes FROM 1 + (sum(n.length) OVER (ORDER BY n.place) - n.length)::int FOR n.length)
        FROM unnest(ids, first_times, last_times, counts, lengths) WITH ORDINALITY
          AS n (id, first_at, last_at, sample_count, length, place);
        RETURN 'replaced';
      END
      $$`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP FUNCTION replace_metric_chunks`);
    await queryRunner.query(`DROP FUNCTION lock_metric_series`);
  }
}
