import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateAccounts1795300000000 implements MigrationInterface {
  name = 'CreateAccounts1795300000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "users" (
        "id" uuid NOT NULL,
        "email" character varying(254) NOT NULL,
        "display_name" character varying(100) NOT NULL,
        "password_hash" text NOT NULL,
        "subscription_status" character varying(50) NOT NULL DEFAULT 'free',
        "subscription_expires_at" bigint,
        "last_login_at" bigint,
        "created_at" bigint NOT NULL,
        "updated_at" bigint NOT NULL,
        CONSTRAINT "PK_a3ffb1c0c8416b9fc6f907b7433" PRIMARY KEY ("id")
      )`);
    await queryRunner.query(`CREATE UNIQUE INDEX "IDX_97672ac88f789774dd47f7c8be" ON "users" ("email")`);
    await queryRunner.query(`
      CREATE TABLE "auth_sessions" (
        "user_id" uuid NOT NULL,
        "id" uuid NOT NULL,
        "created_at" bigint NOT NULL,
        "last_used_at" bigint NOT NULL,
        "revoked_at" bigint,
        CONSTRAINT "PK_0a42f160b0cb4e6d6d3d7e8b109" PRIMARY KEY ("user_id", "id"),
        CONSTRAINT "FK_50ccaa6440288a06f0ba693ccc6" FOREIGN KEY ("user_id")
          REFERENCES "users" ("id") ON DELETE CASCADE ON UPDATE NO ACTION
      )`);
    await queryRunner.query(`
      CREATE TABLE "refresh_tokens" (
        "user_id" uuid NOT NULL,
        "token_hash" bytea NOT NULL,
        "session_id" uuid NOT NULL,
        "issued_at" bigint NOT NULL,
        "expires_at" bigint NOT NULL,
        "used_at" bigint,
        "replaced_by" bytea,
        CONSTRAINT "PK_ba53208da8ec606d80d52f089df" PRIMARY KEY ("user_id", "token_hash"),
        CONSTRAINT "FK_b2a08c5c07519df846bef93d174" FOREIGN KEY ("user_id", "session_id")
          REFERENCES "auth_sessions" ("user_id", "id") ON DELETE CASCADE ON UPDATE NO ACTION
      )`);
    await queryRunner.query(
      `CREATE INDEX "IDX_b2a08c5c07519df846bef93d17" ON "refresh_tokens" ("user_id", "session_id")`,
    );
    await queryRunner.query(`
      CREATE TABLE "login_attempts" (
        "email_hash" bytea NOT NULL,
        "tries" integer NOT NULL,
        "window_started_at" bigint NOT NULL,
        CONSTRAINT "PK_8242a4fadd0ca42fa5f921d767e" PRIMARY KEY ("email_hash")
      )`);
    await queryRunner.query(
      `CREATE INDEX "IDX_157935db1682f0393f20d053a7" ON "login_attempts" ("window_started_at")`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['login_attempts', 'refresh_tokens', 'auth_sessions', 'users'])
      await queryRunner.query(`DROP TABLE "${table}"`);
  }
}
