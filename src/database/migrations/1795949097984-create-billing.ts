import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateBilling1795949097984 implements MigrationInterface {
  name = 'CreateBilling1795949097984';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "admin_actions" ("id" uuid NOT NULL, "at" bigint NOT NULL, "request_id" character varying(64) NOT NULL, "address" character varying(64) NOT NULL, "actor" character varying(100), "action" character varying(50) NOT NULL, "account_id" uuid, "reason" character varying(200), CONSTRAINT "PK_08d0b319675c4968ff9e0dca4c3" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_93dd8397a6d36e433b181ef1ad" ON "admin_actions"  ("account_id", "at") `,
    );
    await queryRunner.query(
      `CREATE TABLE "billing_events" ("user_id" uuid NOT NULL, "event_id" character varying(128) COLLATE "C" NOT NULL, "holder_id" uuid NOT NULL, "type" character varying(64) NOT NULL, "event_at" bigint NOT NULL, "received_at" bigint NOT NULL, "store" character varying(32), "environment" character varying(32), "product_id" character varying(255), "subscription_key" character varying(255), "transaction_id" character varying(255), "purchased_at" bigint, "expires_at" bigint, "grace_until" bigint, "entitlements" text array NOT NULL DEFAULT '{}', "reason" character varying(255), "transferred_from" uuid array, "transferred_to" uuid array, CONSTRAINT "PK_2df5acfbcc2f80eff375769ffd5" PRIMARY KEY ("user_id", "event_id"))`,
    );
    // What operators have granted so far becomes the first line of the account's ledger: the answer now follows from it.
    await queryRunner.query(
      `INSERT INTO "billing_events" ("user_id", "event_id", "holder_id", "type", "event_at", "received_at", "store", "expires_at")
         SELECT "id", 'operator-before-the-ledger', "id", 'OPERATOR_GRANT', "updated_at", "updated_at", 'OPERATOR', "subscription_expires_at"
         FROM "users" WHERE "subscription_status" = 'premium'`,
    );
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "billing_events"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_93dd8397a6d36e433b181ef1ad"`);
    await queryRunner.query(`DROP TABLE "admin_actions"`);
  }
}
