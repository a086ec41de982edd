import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { ID_MAX_LENGTH, KEY_TEXT, millisTransformer } from '../common/fields.js';

const millis = { type: 'bigint', transformer: millisTransformer } as const;

/** `replaced`: was the head until a newer edit came. `lost`: arrived, but another edit was newer. */
export type VersionReason = 'replaced' | 'lost';

/** A state of a record that is not the head. Append-only; the same content with the same edit time once per record. */
@Entity('record_versions')
@Index(['userId', 'collection', 'serverId', 'contentHash', 'claimedAt'], { unique: true })
@Index(['userId', 'collection', 'serverId', 'sentHash'])
export class RecordVersion {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn({ type: 'varchar', length: 50, ...KEY_TEXT })
  collection: string;

  @PrimaryColumn('uuid')
  serverId: string;

  /** Counts the states of one record, from 1, in the order they were put away. */
  @PrimaryColumn({ type: 'int' })
  version: number;

  @Column({ type: 'uuid' })
  contentHash: string;

  /** Identifies the keys and values that were sent: the same request once more changes nothing. */
  @Column({ type: 'uuid' })
  sentHash: string;

  /** max(updatedAt, deletedAt) as the phone said it; `editedAt` is the same clamped to the time of receipt. */
  @Column(millis)
  claimedAt: number;

  @Column(millis)
  editedAt: number;

  /** The device that wrote this state. */
  @Column({ type: 'varchar', length: ID_MAX_LENGTH })
  deviceId: string;

  @Column({ type: 'varchar', length: 20 })
  reason: VersionReason;

  @Column(millis)
  storedAt: number;

  /** The whole record as a pull would have given it; null once it is past its time (src/retention). */
  @Column({ type: 'json', nullable: true })
  content: Record<string, unknown> | null;
}
