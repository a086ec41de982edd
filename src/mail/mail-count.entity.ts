import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

/** E-mails to one address, or on behalf of one account, within the present hour. */
@Entity('mail_counts')
export class MailCount {
  /** SHA-256 of what is counted: an address nobody registered is nobody's to store. */
  @PrimaryColumn('bytea')
  keyHash: Buffer;

  @Column({ type: 'int' })
  sent: number;

  @Index()
  @Column({ type: 'bigint', transformer: millisTransformer })
  windowStartedAt: number;
}
