import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

/**
 * What all servers together have counted of one caller in one window of time. The table is UNLOGGED: a count need not
 * survive a crash of PostgreSQL, and is not worth a line in the log of a commit.
 */
@Entity('rate_windows')
export class RateWindow {
  /** Keyed hash of the limit and the account or address: who the address belongs to is nobody's business. */
  @PrimaryColumn('bytea')
  key: Buffer;

  @Index()
  @PrimaryColumn({ type: 'bigint', transformer: millisTransformer })
  windowStartedAt: number;

  @Column({ type: 'int' })
  count: number;
}
