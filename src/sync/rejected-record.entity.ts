import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { ID_MAX_LENGTH, millisTransformer } from '../common/fields.js';

/** A record that could not be stored, kept once as it was sent, so that nothing a phone said is lost. */
@Entity('rejected_records')
@Index(['userId', 'collection', 'recordHash'], { unique: true })
export class RejectedRecord {
  @PrimaryColumn('uuid')
  userId: string;

  /** UUID of version 7: in the order of arrival. */
  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'varchar', length: 50 })
  collection: string;

  @Column({ type: 'text', nullable: true })
  clientId: string | null;

  @Column({ type: 'varchar', length: ID_MAX_LENGTH })
  deviceId: string;

  @Column({ type: 'varchar', length: 50 })
  code: string;

  @Column({ type: 'varchar', length: 255, nullable: true })
  field: string | null;

  @Column({ type: 'text' })
  message: string;

  /** The record as JSON text, escapes and all: it may hold what jsonb cannot. */
  @Column({ type: 'text' })
  record: string;

  @Column({ type: 'uuid' })
  recordHash: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  receivedAt: number;
}
