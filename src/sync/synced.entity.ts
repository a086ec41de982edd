import { IsOptional, IsString, IsUUID, MaxLength, MinLength } from 'class-validator';
import { Column, Index, PrimaryColumn } from 'typeorm';
import { ApiProperty } from '../common/api-docs.js';
import { ID_MAX_LENGTH, KEY_TEXT, Millis, millisTransformer } from '../common/fields.js';

/** Properties that only the server writes: never read from a request, never part of a DTO. */
export const SERVER_COLUMNS = [
  'userId',
  'clientKey',
  'localDevice',
  'deviceId',
  'version',
  'editedAt',
  'contentHash',
  'sentHash',
  'naturalKey',
  'extra',
] as const;

/** The head of anything that is synced: what the server knows of it beside its declared fields. */
@Index(['userId', 'clientKey'], { unique: true })
@Index(['userId', 'version'])
export abstract class SyncedHead {
  @PrimaryColumn('uuid')
  userId: string;

  @ApiProperty({
    format: 'uuid',
    nullable: true,
    required: false,
    type: String,
    description: 'The id this server gave the record. When sent, it wins over the client id.',
  })
  @IsOptional()
  @IsUUID()
  @PrimaryColumn('uuid')
  serverId: string;

  @ApiProperty({
    minLength: 1,
    maxLength: ID_MAX_LENGTH,
    description: 'The id a phone gave the record: opaque text.',
  })
  @IsString()
  @MinLength(1)
  @MaxLength(ID_MAX_LENGTH)
  @Column({ type: 'varchar', length: ID_MAX_LENGTH })
  clientId: string;

  /** What the client id is compared by; see client-key.ts. */
  @Column({ type: 'text', ...KEY_TEXT })
  clientKey: string;

  /** The device whose local row number the client id is; null for ids that are the same everywhere. */
  @Column({ type: 'varchar', length: ID_MAX_LENGTH, nullable: true })
  localDevice: string | null;

  /** The device that wrote this state. */
  @Column({ type: 'varchar', length: ID_MAX_LENGTH })
  deviceId: string;

  /** The sync-clock value under which the record last changed. */
  @Column({ type: 'bigint', transformer: millisTransformer })
  version: number;

  /** Edit time: max(updatedAt, deletedAt), clamped to the time of receipt. */
  @Column({ type: 'bigint', transformer: millisTransformer })
  editedAt: number;

  /** Identifies the content (everything but updatedAt); see content-hash.ts. */
  @Column({ type: 'uuid' })
  contentHash: string;

  /** Identifies the keys and values that last made this head: a phone that sends them again changes nothing. */
  @Column({ type: 'uuid' })
  sentHash: string;

  /** What makes two records the same thing under different ids; null where the collection has no natural key. */
  @Column({ type: 'uuid', nullable: true })
  naturalKey: string | null;

  /** Keys this server does not know, kept and given back. */
  @Column({ type: 'jsonb', nullable: true })
  extra: Record<string, unknown> | null;

  @Millis({ description: 'When the record was last edited, by the phone’s clock.' })
  updatedAt: number;
}

/** A synced record: created, edited and deleted by devices, never removed physically by a push. */
export abstract class SyncedEntity extends SyncedHead {
  @Millis({ description: 'When the record was made, by the phone’s clock.' })
  createdAt: number;

  @Millis({ nullable: true, description: 'When the record was deleted; null while it is live.' })
  deletedAt: number | null;
}
