import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

/** An e-mail that is to be sent: what it is about, not its text, which is written when it goes out. */
@Entity('outgoing_mails')
export class OutgoingMail {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'varchar', length: 40 })
  kind: string;

  @Column({ type: 'varchar', length: 254 })
  recipient: string;

  /** What the text needs beyond the account itself. Never a secret. */
  @Column({ type: 'jsonb', default: {} })
  details: Record<string, unknown>;

  @Column({ type: 'bigint', transformer: millisTransformer })
  createdAt: number;

  /** While somebody tries: when others may, should that process die. */
  @Index()
  @Column({ type: 'bigint', transformer: millisTransformer })
  nextAttemptAt: number;

  @Column({ type: 'int', default: 0 })
  attempts: number;
}
