import { Column, Entity, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

/** One row for the whole database. */
@Entity('server_state')
export class ServerState {
  @PrimaryColumn({ type: 'int' })
  id: number;

  /** Changes when an operator declares that the database was restored from a backup. */
  @Column({ type: 'bigint', transformer: millisTransformer })
  epoch: number;
}
