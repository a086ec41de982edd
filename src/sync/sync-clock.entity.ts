import { Column, Entity, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

/**
 * One clock per user, made at sign-up. A push locks this row first and holds it to commit; a table of its own, because
 * foreign keys take locks on `users`.
 */
@Entity('sync_clock')
export class SyncClock {
  @PrimaryColumn('uuid')
  userId: string;

  /** The greatest version handed out: epoch ms, only forward. */
  @Column({ type: 'bigint', transformer: millisTransformer })
  clock: number;
}
