import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';
import { EMAIL_MAX_LENGTH } from './email.js';

export const DISPLAY_NAME_MAX_LENGTH = 100;

/** An account. Its sync clock is a row of its own, so that no push ever locks this one. */
@Entity('users')
export class User {
  @PrimaryColumn('uuid')
  id: string;

  /** As `normaliseEmail` gives it; nothing else is ever stored or looked up. */
  @Index({ unique: true })
  @Column({ type: 'varchar', length: EMAIL_MAX_LENGTH })
  email: string;

  @Column({ type: 'varchar', length: DISPLAY_NAME_MAX_LENGTH })
  displayName: string;

  /** argon2id in PHC form, its parameters inside. */
  @Column({ type: 'text' })
  passwordHash: string;

  @Column({ type: 'varchar', length: 50, default: 'free' })
  subscriptionStatus: string;

  /** null: without end. */
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  subscriptionExpiresAt: number | null;

  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  lastLoginAt: number | null;

  /** When the owner followed a link sent to this very address; null: never since it is the account's. */
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  emailConfirmedAt: number | null;

  /** When an operator shut the account; null while it is open. */
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  disabledAt: number | null;

  /** When deletion was asked for; null: not. */
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  deletedAt: number | null;

  /** When it may be deleted for good; 0 once that has begun and cannot be undone. */
  @Index({ where: '"purge_after_at" is not null' })
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  purgeAfterAt: number | null;

  @Column({ type: 'bigint', transformer: millisTransformer })
  createdAt: number;

  @Column({ type: 'bigint', transformer: millisTransformer })
  updatedAt: number;
}
