import type { MigrationInterface, QueryRunner } from 'typeorm';

/** E-mails that are to be sent, how many were, and the secrets of their links. All small, and empty again within hours. */
export class AddMail1795947102600 implements MigrationInterface {
  name = 'AddMail1795947102600';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "mail_counts" ("key_hash" bytea NOT NULL, "sent" integer NOT NULL, "window_started_at" bigint NOT NULL, CONSTRAINT "PK_c09b9e546b1d184ce82ce9609d7" PRIMARY KEY ("key_hash"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_8dbcecbd5f17662bd0c4aeb35a" ON "mail_counts" ("window_started_at")`,
    );
    await queryRunner.query(
      `CREATE TABLE "outgoing_mails" ("user_id" uuid NOT NULL, "id" uuid NOT NULL, "kind" character varying(40) NOT NULL, "recipient" character varying(254) NOT NULL, "details" jsonb NOT NULL DEFAULT '{}', "created_at" bigint NOT NULL, "next_attempt_at" bigint NOT NULL, "attempts" integer NOT NULL DEFAULT '0', CONSTRAINT "PK_0d1bec6216787b969859dce1738" PRIMARY KEY ("user_id", "id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_97a9fab3efe3672e7fae30d3b5" ON "outgoing_mails" ("next_attempt_at")`,
    );
    await queryRunner.query(
      `CREATE TABLE "link_tokens" ("user_id" uuid NOT NULL, "purpose" character varying(20) NOT NULL, "token_hash" bytea NOT NULL, "email" character varying(254) NOT NULL, "expires_at" bigint NOT NULL, CONSTRAINT "PK_95662740bae8263f0c38ce51190" PRIMARY KEY ("user_id", "purpose"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "reset_requests" ("email" character varying(254) NOT NULL, "requested_at" bigint NOT NULL, CONSTRAINT "PK_f6e485e9eceb04fa07845bb6752" PRIMARY KEY ("email"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_e5df68c685650376d8ec691ec5" ON "reset_requests" ("requested_at")`,
    );
    await queryRunner.query(
      `ALTER TABLE "link_tokens" ADD CONSTRAINT "FK_0199eba299e0db9467e63c14fe0" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE CASCADE ON UPDATE NO ACTION`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE "link_tokens" DROP CONSTRAINT "FK_0199eba299e0db9467e63c14fe0"`);
    await queryRunner.query(`DROP INDEX "IDX_e5df68c685650376d8ec691ec5"`);
    await queryRunner.query(`DROP TABLE "reset_requests"`);
    await queryRunner.query(`DROP TABLE "link_tokens"`);
    await queryRunner.query(`DROP INDEX "IDX_97a9fab3efe3672e7fae30d3b5"`);
    await queryRunner.query(`DROP TABLE "outgoing_mails"`);
    await queryRunner.query(`DROP INDEX "IDX_8dbcecbd5f17662bd0c4aeb35a"`);
    await queryRunner.query(`DROP TABLE "mail_counts"`);
  }
}
