import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';
import { EMAIL_MAX_LENGTH } from './email.js';
import { User } from './user.entity.js';

/** The secret of a link sent by e-mail, known by its hash only. An account has one of each purpose: the newest. */
@Entity('link_tokens')
@ForeignKey(() => User, ['userId'], ['id'], { onDelete: 'CASCADE' })
export class LinkToken {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn({ type: 'varchar', length: 20 })
  purpose: string;

  @Column({ type: 'bytea' })
  tokenHash: Buffer;

  /** Where it was sent: who has it reads the mail of this address. */
  @Column({ type: 'varchar', length: EMAIL_MAX_LENGTH })
  email: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  expiresAt: number;
}
