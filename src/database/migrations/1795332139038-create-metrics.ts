import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateMetrics1795332139038 implements MigrationInterface {
  name = 'CreateMetrics1795332139038';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "metric_chunks" ("user_id" uuid NOT NULL, "session_key" text NOT NULL, "id" uuid NOT NULL, "first_at" bigint NOT NULL, "last_at" bigint NOT NULL, "sample_count" integer NOT NULL, "blob" bytea NOT NULL, CONSTRAINT "PK_05efe80f8c0bf6191654577843b" PRIMARY KEY ("user_id", "session_key", "id"))`,
    );
    // Parquet is compressed already: a second compression would cost time on every write and read, and gain nothing.
    await queryRunner.query(`ALTER TABLE "metric_chunks" ALTER COLUMN "blob" SET STORAGE EXTERNAL`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "metric_chunks"`);
  }
}
