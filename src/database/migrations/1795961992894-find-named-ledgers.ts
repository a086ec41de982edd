import { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * `fastupdate = off`: no list of what is not sorted in yet, which each search would read to its end. Transfers are rare, and
 * sorted in at once.
 */
export class FindNamedLedgers1795961992894 implements MigrationInterface {
  name = 'FindNamedLedgers1795961992894';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE INDEX "IDX_934f37ba27ec0bdbf1c518d680" ON "billing_events" USING gin ("transferred_to") WITH (fastupdate = off) WHERE "type" = 'TRANSFER'`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_ad012dc8897e7bec88b6f0849d" ON "billing_events" USING gin ("transferred_from") WITH (fastupdate = off) WHERE "type" = 'TRANSFER'`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_2111461aac2ac5c2865812b882" ON "billing_events"  ("holder_id") WHERE "holder_id" <> "user_id"`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "public"."IDX_2111461aac2ac5c2865812b882"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_ad012dc8897e7bec88b6f0849d"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_934f37ba27ec0bdbf1c518d680"`);
  }
}
