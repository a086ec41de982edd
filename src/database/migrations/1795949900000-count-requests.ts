import type { MigrationInterface, QueryRunner } from 'typeorm';

/** UNLOGGED: counts of the last minutes need not survive a crash, and writing them waits for no disk. */
export class CountRequests1795949900000 implements MigrationInterface {
  name = 'CountRequests1795949900000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE UNLOGGED TABLE "rate_windows" ("key" bytea NOT NULL, "window_started_at" bigint NOT NULL, "count" integer NOT NULL, CONSTRAINT "PK_a7f87f727cfcc7390e0f6349af9" PRIMARY KEY ("key", "window_started_at"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_f6581a800ee48d3bf74ec589c1" ON "rate_windows" ("window_started_at") `,
    );
    // Counted up again and again: with room on the page no index is touched.
    await queryRunner.query(`ALTER TABLE "rate_windows" SET (fillfactor = 50)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "rate_windows"`);
  }
}
