import { MigrationInterface, QueryRunner } from 'typeorm';

export class ThinHistory1795949951879 implements MigrationInterface {
  name = 'ThinHistory1795949951879';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "server_jobs" ("name" character varying(50) COLLATE "C" NOT NULL, "holder" uuid NOT NULL, "held_until" bigint NOT NULL, "finished_at" bigint, CONSTRAINT "PK_3bd900ed469c021ec1dfe453ca1" PRIMARY KEY ("name"))`,
    );
    await queryRunner.query(`ALTER TABLE "record_versions" ALTER COLUMN "content" DROP NOT NULL`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    // The version before knows no row without content; what it said is gone already.
    await queryRunner.query(`DELETE FROM "record_versions" WHERE "content" IS NULL`);
    await queryRunner.query(`ALTER TABLE "record_versions" ALTER COLUMN "content" SET NOT NULL`);
    await queryRunner.query(`DROP TABLE "server_jobs"`);
  }
}
