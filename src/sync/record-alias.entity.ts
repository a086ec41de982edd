import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { ID_MAX_LENGTH, KEY_TEXT, millisTransformer } from '../common/fields.js';

/** A further client key of a record: the same thing under another number, or from another phone. */
@Entity('record_aliases')
@Index(['userId', 'serverId'])
export class RecordAlias {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn({ type: 'varchar', length: 50, ...KEY_TEXT })
  collection: string;

  @PrimaryColumn({ type: 'text', ...KEY_TEXT })
  clientKey: string;

  @Column({ type: 'varchar', length: ID_MAX_LENGTH })
  clientId: string;

  @Column({ type: 'uuid' })
  serverId: string;

  /** The device that uses this id; it is shown the record under it. */
  @Column({ type: 'varchar', length: ID_MAX_LENGTH })
  deviceId: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  createdAt: number;
}
