import { MigrationInterface, QueryRunner } from 'typeorm';

export class IndexPortalReads1795333214413 implements MigrationInterface {
  name = 'IndexPortalReads1795333214413';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX "IDX_d94b48269fe7977a7c3e6c4782" ON "workout_sessions"  ("user_id", "timestamp", "server_id") `,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."IDX_d94b48269fe7977a7c3e6c4782"`);
  }
}
