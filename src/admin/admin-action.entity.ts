import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

export const ACTOR_MAX_LENGTH = 100;
export const REASON_MAX_LENGTH = 200;

/**
 * What somebody with the key of support did, or looked at. Belongs to the operators and not to the account it names, so it
 * outlives that account; it holds no address and nothing else of a person but the account's id.
 */
@Entity('admin_actions')
@Index(['accountId', 'at'])
export class AdminAction {
  /** UUID of version 7: in the order of time. */
  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  at: number;

  /** As the log and the answer name the request. */
  @Column({ type: 'varchar', length: 64 })
  requestId: string;

  /** Where it came from. */
  @Column({ type: 'varchar', length: 64 })
  address: string;

  /** Who says to have done it; the key does not tell. */
  @Column({ type: 'varchar', length: ACTOR_MAX_LENGTH, nullable: true })
  actor: string | null;

  @Column({ type: 'varchar', length: 50 })
  action: string;

  /** null where no account was found. */
  @Column({ type: 'uuid', nullable: true })
  accountId: string | null;

  @Column({ type: 'varchar', length: REASON_MAX_LENGTH, nullable: true })
  reason: string | null;
}
