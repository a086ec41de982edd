import type { MigrationInterface, QueryRunner } from 'typeorm';

/** An account can be shut, or deleted with a way back; the index holds deleted ones only. */
export class CloseAccounts1795946101904 implements MigrationInterface {
  name = 'CloseAccounts1795946101904';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "users" ADD "email_confirmed_at" bigint`);
    await queryRunner.query(`ALTER TABLE "users" ADD "disabled_at" bigint`);
    await queryRunner.query(`ALTER TABLE "users" ADD "deleted_at" bigint`);
    await queryRunner.query(`ALTER TABLE "users" ADD "purge_after_at" bigint`);
    await queryRunner.query(
      `CREATE INDEX "IDX_09d28384a924291178c438b01a" ON "users" ("purge_after_at") WHERE "purge_after_at" is not null`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX "IDX_09d28384a924291178c438b01a"`);
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "purge_after_at"`);
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "deleted_at"`);
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "disabled_at"`);
    await queryRunner.query(`ALTER TABLE "users" DROP COLUMN "email_confirmed_at"`);
  }
}
