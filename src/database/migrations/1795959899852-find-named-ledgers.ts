import { MigrationInterface, QueryRunner } from 'typeorm';

export class FindNamedLedgers1795959899852 implements MigrationInterface {
  name = 'FindNamedLedgers1795959899852';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX "IDX_8d4bfc64f639ef8cf1f5f61e07" ON "billing_events"  ("type") WHERE "type" = 'TRANSFER'`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_2111461aac2ac5c2865812b882" ON "billing_events"  ("holder_id") WHERE "holder_id" <> "user_id"`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."IDX_2111461aac2ac5c2865812b882"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_8d4bfc64f639ef8cf1f5f61e07"`);
  }
}
