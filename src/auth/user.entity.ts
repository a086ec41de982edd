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

  @Column({ type: 'bigint', transformer: millisTransformer })
  createdAt: number;

  @Column({ type: 'bigint', transformer: millisTransformer })
  updatedAt: number;
}
