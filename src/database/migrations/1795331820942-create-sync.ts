import { MigrationInterface, QueryRunner } from 'typeorm';

const RECORD_TABLES = [
  'workout_sessions',
  'personal_records',
  'phase_statistics',
  'routines',
  'supersets',
  'routine_exercises',
  'custom_exercises',
  'earned_badges',
  'gamification_stats',
];

export class CreateSync1795331820942 implements MigrationInterface {
  name = 'CreateSync1795331820942';

  public async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE "earned_badges" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "badge_id" character varying(100) NOT NULL, "earned_at" bigint NOT NULL, "celebrated_at" bigint, CONSTRAINT "PK_5cf87a17b91b1555e3865f0e1b2" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_ec65f2cf245a9a0b4bf7d7af60" ON "earned_badges"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_b9d6a7c2fcd0b7f603a7dff375" ON "earned_badges"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_98216590fd6f510e21a07c4d57" ON "earned_badges"  ("user_id", "natural_key") `,
    );
    await queryRunner.query(
      `CREATE TABLE "gamification_stats" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "total_workouts" integer NOT NULL DEFAULT '0', "total_reps" integer NOT NULL DEFAULT '0', "total_volume_kg" integer NOT NULL DEFAULT '0', "longest_streak" integer NOT NULL DEFAULT '0', "current_streak" integer NOT NULL DEFAULT '0', "unique_exercises_used" integer NOT NULL DEFAULT '0', "prs_achieved" integer NOT NULL DEFAULT '0', "last_workout_date" bigint, "streak_start_date" bigint, CONSTRAINT "PK_39c62595141ed8d8b22a1e05230" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_fd35d7a8b2bef59c94f3a214b4" ON "gamification_stats"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_d4860b841c45c1f9a57a78ac72" ON "gamification_stats"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE TABLE "custom_exercises" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "name" character varying(255) NOT NULL, "description" character varying(20000), "muscle_group" character varying(100) NOT NULL, "muscle_groups" character varying(500) NOT NULL DEFAULT '', "muscles" character varying(500), "equipment" character varying(100) NOT NULL, "movement" character varying(100), "sidedness" character varying(50), "grip" character varying(50), "grip_width" character varying(50), "min_rep_range" real, "aliases" character varying(20000), "default_cable_config" character varying(50) NOT NULL, "one_rep_max_kg" real, CONSTRAINT "PK_36101585a06b25924f5b7f2f5cf" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_8bbd50c76825ff9e2e8e82d1aa" ON "custom_exercises"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_9e5576d42f05d9e154a9bfee7e" ON "custom_exercises"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE TABLE "routine_exercises" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "routine_key" text NOT NULL, "routine_server_id" uuid, "superset_key" text, "superset_server_id" uuid, "exercise_id" character varying(255), "exercise_name" character varying(255) NOT NULL, "exercise_muscle_group" character varying(100) NOT NULL DEFAULT '', "exercise_equipment" character varying(100) NOT NULL DEFAULT '', "exercise_default_cable_config" character varying(50) NOT NULL DEFAULT 'DOUBLE', "cable_config" character varying(50) NOT NULL DEFAULT 'DOUBLE', "order_index" integer NOT NULL, "set_reps" character varying(255) NOT NULL DEFAULT '10,10,10', "weight_per_cable_kg" real NOT NULL DEFAULT '0', "set_weights" character varying(500) NOT NULL DEFAULT '', "mode" character varying(50) NOT NULL DEFAULT 'OldSchool', "eccentric_load" integer NOT NULL DEFAULT '100', "echo_level" integer NOT NULL DEFAULT '1', "progression_kg" real NOT NULL DEFAULT '0', "rest_seconds" integer NOT NULL DEFAULT '60', "duration" integer, "set_rest_seconds" character varying(255) NOT NULL DEFAULT '[]', "per_set_rest_time" integer NOT NULL DEFAULT '0', "is_amrap" boolean NOT NULL DEFAULT false, "order_in_superset" integer NOT NULL DEFAULT '0', CONSTRAINT "PK_c106a4d97168a336ae604368498" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_075f50c31768d1666ddfa95065" ON "routine_exercises"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_2f770dfd44d5b8f58bc60d6297" ON "routine_exercises"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_53bd3b778fff9ad34a583926f3" ON "routine_exercises"  ("user_id", "superset_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_eb3cb88bf492f88cae31044cf7" ON "routine_exercises"  ("user_id", "superset_server_id") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_e2d74fef52a89e563f721a482d" ON "routine_exercises"  ("user_id", "routine_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_f9f523086020963cfe18f3c2fe" ON "routine_exercises"  ("user_id", "routine_server_id") `,
    );
    await queryRunner.query(
      `CREATE TABLE "routines" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "name" character varying(255) NOT NULL, "description" character varying(20000) NOT NULL DEFAULT '', "last_used" bigint, "use_count" integer NOT NULL DEFAULT '0', CONSTRAINT "PK_8af7fcc9713b7b75a3502ab6917" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_6785283f5a89609adb00a078ea" ON "routines"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_d08baba0439c96e83c2012898d" ON "routines"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE TABLE "supersets" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "routine_key" text NOT NULL, "routine_server_id" uuid, "name" character varying(255) NOT NULL, "color_index" integer NOT NULL DEFAULT '0', "rest_between_seconds" integer NOT NULL DEFAULT '10', "order_index" integer NOT NULL, CONSTRAINT "PK_2fe356061d564d0471ca112c78c" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_743ca8b8864cb465b6ace712a0" ON "supersets"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_672c044208817b879458ff8b97" ON "supersets"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_f8118ac5b097461f2513345e3a" ON "supersets"  ("user_id", "routine_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_f0cf493f1dd30d107654687289" ON "supersets"  ("user_id", "routine_server_id") `,
    );
    await queryRunner.query(
      `CREATE TABLE "personal_records" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "exercise_id" character varying(255) NOT NULL, "exercise_name" character varying(255) NOT NULL, "weight" real NOT NULL, "reps" integer NOT NULL, "one_rep_max" real NOT NULL, "achieved_at" bigint NOT NULL, "workout_mode" character varying(50) NOT NULL, "pr_type" character varying(50) NOT NULL DEFAULT 'MAX_WEIGHT', "volume" real NOT NULL DEFAULT '0', "session_id" character varying(255), CONSTRAINT "PK_d83c24e68443d341f879ce043bf" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_b24d59ada00b8f8462f3f97b59" ON "personal_records"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_8653c7d494903a2a358cc273fd" ON "personal_records"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_267acfdfbe44aa79170455ac2c" ON "personal_records"  ("user_id", "natural_key") `,
    );
    await queryRunner.query(
      `CREATE TABLE "phase_statistics" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "session_key" text NOT NULL, "session_server_id" uuid, "concentric_kg_avg" real NOT NULL, "concentric_kg_max" real NOT NULL, "concentric_vel_avg" real NOT NULL, "concentric_vel_max" real NOT NULL, "concentric_watt_avg" real NOT NULL, "concentric_watt_max" real NOT NULL, "eccentric_kg_avg" real NOT NULL, "eccentric_kg_max" real NOT NULL, "eccentric_vel_avg" real NOT NULL, "eccentric_vel_max" real NOT NULL, "eccentric_watt_avg" real NOT NULL, "eccentric_watt_max" real NOT NULL, "timestamp" bigint NOT NULL, CONSTRAINT "PK_7ba16c2063fe91de2e021d170a1" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_39669e9ef5647bf4aa5adda676" ON "phase_statistics"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_9e88b57b041e8d3ee19059ec08" ON "phase_statistics"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_bd6e5100b4d393cbafa5b71b34" ON "phase_statistics"  ("user_id", "session_key") `,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_cd9447a3acc0d6c6627bbc1b74" ON "phase_statistics"  ("user_id", "session_server_id") `,
    );
    await queryRunner.query(
      `CREATE TABLE "workout_sessions" ("user_id" uuid NOT NULL, "server_id" uuid NOT NULL, "client_id" character varying(128) NOT NULL, "client_key" text NOT NULL, "local_device" character varying(128), "device_id" character varying(128) NOT NULL, "version" bigint NOT NULL, "edited_at" bigint NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "natural_key" uuid, "extra" jsonb, "updated_at" bigint NOT NULL, "created_at" bigint NOT NULL, "deleted_at" bigint, "timestamp" bigint NOT NULL, "mode" character varying(50) NOT NULL, "target_reps" integer NOT NULL, "weight_per_cable_kg" real NOT NULL, "progression_kg" real NOT NULL DEFAULT '0', "duration" integer NOT NULL DEFAULT '0', "total_reps" integer NOT NULL DEFAULT '0', "warmup_reps" integer NOT NULL DEFAULT '0', "working_reps" integer NOT NULL DEFAULT '0', "is_just_lift" boolean NOT NULL DEFAULT false, "stop_at_top" boolean NOT NULL DEFAULT false, "eccentric_load" integer NOT NULL DEFAULT '100', "echo_level" integer NOT NULL DEFAULT '1', "exercise_id" character varying(255), "exercise_name" character varying(255), "routine_session_id" character varying(255), "routine_name" character varying(255), "safety_flags" integer NOT NULL DEFAULT '0', "deload_warning_count" integer NOT NULL DEFAULT '0', "rom_violation_count" integer NOT NULL DEFAULT '0', "spotter_activations" integer NOT NULL DEFAULT '0', "peak_force_concentric_a" real, "peak_force_concentric_b" real, "peak_force_eccentric_a" real, "peak_force_eccentric_b" real, "avg_force_concentric_a" real, "avg_force_concentric_b" real, "avg_force_eccentric_a" real, "avg_force_eccentric_b" real, "heaviest_lift_kg" real, "total_volume_kg" real, "estimated_calories" real, "warmup_avg_weight_kg" real, "working_avg_weight_kg" real, "burnout_avg_weight_kg" real, "peak_weight_kg" real, "rpe" integer, CONSTRAINT "PK_904e8ee7f4674a93252a6f949ed" PRIMARY KEY ("user_id", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_2f1c692552245a64ff188aa1a9" ON "workout_sessions"  ("user_id", "version") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_01f6fbe3dcbe4e9bfdbefe3c0d" ON "workout_sessions"  ("user_id", "client_key") `,
    );
    await queryRunner.query(
      `CREATE TABLE "sync_devices" ("user_id" uuid NOT NULL, "device_id" character varying(128) NOT NULL, "device_name" character varying(255), "platform" character varying(50) NOT NULL, "created_at" bigint NOT NULL, "last_sync_at" bigint NOT NULL, "revoked_at" bigint, "used_cursor" boolean NOT NULL DEFAULT false, "first_given" bigint, "last_cursor" bigint, "push_number" integer NOT NULL DEFAULT '0', "push_cursor" bigint, "held_from" bigint, "held_to" bigint, "held_until" bigint, CONSTRAINT "PK_184264b0c8df8f9b2aa3e166062" PRIMARY KEY ("user_id", "device_id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "device_cursors" ("user_id" uuid NOT NULL, "device_id" character varying(128) NOT NULL, "cursor" bigint NOT NULL, "first" boolean NOT NULL DEFAULT false, "push_number" integer, CONSTRAINT "PK_3b792b813cb79300d0a933ff4f6" PRIMARY KEY ("user_id", "device_id", "cursor"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "device_marks" ("user_id" uuid NOT NULL, "device_id" character varying(128) NOT NULL, "collection" character varying(50) NOT NULL, "server_id" uuid NOT NULL, "head_version" bigint NOT NULL, "owed_version" bigint, "push_number" integer NOT NULL, CONSTRAINT "PK_a59ba2941dfd3a8cfdc5ff6949c" PRIMARY KEY ("user_id", "device_id", "collection", "server_id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "record_aliases" ("user_id" uuid NOT NULL, "collection" character varying(50) NOT NULL, "client_key" text NOT NULL, "client_id" character varying(128) NOT NULL, "server_id" uuid NOT NULL, "device_id" character varying(128) NOT NULL, "created_at" bigint NOT NULL, CONSTRAINT "PK_0352b2b30c8c5cf58286b7c2c77" PRIMARY KEY ("user_id", "collection", "client_key"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_8989224f824c7bdba4b65337d1" ON "record_aliases"  ("user_id", "server_id") `,
    );
    await queryRunner.query(
      `CREATE TABLE "record_versions" ("user_id" uuid NOT NULL, "collection" character varying(50) NOT NULL, "server_id" uuid NOT NULL, "version" integer NOT NULL, "content_hash" uuid NOT NULL, "sent_hash" uuid NOT NULL, "claimed_at" bigint NOT NULL, "edited_at" bigint NOT NULL, "device_id" character varying(128) NOT NULL, "reason" character varying(20) NOT NULL, "stored_at" bigint NOT NULL, "content" json NOT NULL, CONSTRAINT "PK_fb06397a2579f1a8c69ce7fcdae" PRIMARY KEY ("user_id", "collection", "server_id", "version"))`,
    );
    await queryRunner.query(
      `CREATE INDEX "IDX_293d8a0f96791cdb68c8e0ef8f" ON "record_versions"  ("user_id", "collection", "server_id", "sent_hash") `,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_1c58a006956d1d7f77d97f53b7" ON "record_versions"  ("user_id", "collection", "server_id", "content_hash", "claimed_at") `,
    );
    await queryRunner.query(
      `CREATE TABLE "rejected_records" ("user_id" uuid NOT NULL, "id" uuid NOT NULL, "collection" character varying(50) NOT NULL, "client_id" text, "device_id" character varying(128) NOT NULL, "code" character varying(50) NOT NULL, "field" character varying(255), "message" text NOT NULL, "record" text NOT NULL, "record_hash" uuid NOT NULL, "received_at" bigint NOT NULL, CONSTRAINT "PK_5688bc95310864abc4be84f762d" PRIMARY KEY ("user_id", "id"))`,
    );
    await queryRunner.query(
      `CREATE UNIQUE INDEX "IDX_1db718efa46ed26d0105e19686" ON "rejected_records"  ("user_id", "collection", "record_hash") `,
    );
    await queryRunner.query(
      `CREATE TABLE "server_state" ("id" integer NOT NULL, "epoch" bigint NOT NULL, CONSTRAINT "PK_4e934de569b3e61687148cfb751" PRIMARY KEY ("id"))`,
    );
    await queryRunner.query(
      `CREATE TABLE "sync_clock" ("user_id" uuid NOT NULL, "clock" bigint NOT NULL, CONSTRAINT "PK_4c1df28fb3e1218c6df248cd8ea" PRIMARY KEY ("user_id"))`,
    );
    await queryRunner.query(
      `INSERT INTO "server_state" ("id", "epoch") VALUES (1, floor(extract(epoch from clock_timestamp()) * 1000)::bigint)`,
    );
    // Every change of a head moves its indexed version, so no update is HOT: leave room on the page and vacuum early.
    for (const table of RECORD_TABLES)
      await queryRunner.query(
        `ALTER TABLE "${table}" SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.02)`,
      );
    // The clock has no indexed column that changes: with room on the page its updates stay HOT.
    await queryRunner.query(`ALTER TABLE "sync_clock" SET (fillfactor = 70)`);
  }

  public async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "sync_clock"`);
    await queryRunner.query(`DROP TABLE "server_state"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_1db718efa46ed26d0105e19686"`);
    await queryRunner.query(`DROP TABLE "rejected_records"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_293d8a0f96791cdb68c8e0ef8f"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_1c58a006956d1d7f77d97f53b7"`);
    await queryRunner.query(`DROP TABLE "record_versions"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_8989224f824c7bdba4b65337d1"`);
    await queryRunner.query(`DROP TABLE "record_aliases"`);
    await queryRunner.query(`DROP TABLE "device_marks"`);
    await queryRunner.query(`DROP TABLE "device_cursors"`);
    await queryRunner.query(`DROP TABLE "sync_devices"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_01f6fbe3dcbe4e9bfdbefe3c0d"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_2f1c692552245a64ff188aa1a9"`);
    await queryRunner.query(`DROP TABLE "workout_sessions"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_cd9447a3acc0d6c6627bbc1b74"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_bd6e5100b4d393cbafa5b71b34"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_9e88b57b041e8d3ee19059ec08"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_39669e9ef5647bf4aa5adda676"`);
    await queryRunner.query(`DROP TABLE "phase_statistics"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_267acfdfbe44aa79170455ac2c"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_8653c7d494903a2a358cc273fd"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_b24d59ada00b8f8462f3f97b59"`);
    await queryRunner.query(`DROP TABLE "personal_records"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_f0cf493f1dd30d107654687289"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_f8118ac5b097461f2513345e3a"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_672c044208817b879458ff8b97"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_743ca8b8864cb465b6ace712a0"`);
    await queryRunner.query(`DROP TABLE "supersets"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_d08baba0439c96e83c2012898d"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_6785283f5a89609adb00a078ea"`);
    await queryRunner.query(`DROP TABLE "routines"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_f9f523086020963cfe18f3c2fe"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_e2d74fef52a89e563f721a482d"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_eb3cb88bf492f88cae31044cf7"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_53bd3b778fff9ad34a583926f3"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_2f770dfd44d5b8f58bc60d6297"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_075f50c31768d1666ddfa95065"`);
    await queryRunner.query(`DROP TABLE "routine_exercises"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_9e5576d42f05d9e154a9bfee7e"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_8bbd50c76825ff9e2e8e82d1aa"`);
    await queryRunner.query(`DROP TABLE "custom_exercises"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_d4860b841c45c1f9a57a78ac72"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_fd35d7a8b2bef59c94f3a214b4"`);
    await queryRunner.query(`DROP TABLE "gamification_stats"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_98216590fd6f510e21a07c4d57"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_b9d6a7c2fcd0b7f603a7dff375"`);
    await queryRunner.query(`DROP INDEX "public"."IDX_ec65f2cf245a9a0b4bf7d7af60"`);
    await queryRunner.query(`DROP TABLE "earned_badges"`);
  }
}
