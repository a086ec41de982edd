import { Column, Entity, ForeignKey, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';
import { User } from './user.entity.js';

/**
 * One sign-in: the family of all tokens that descend from one password check. Every request reads its row, so that
 * revoking it takes effect at once for access tokens too.
 */
@Entity('auth_sessions')
@ForeignKey(() => User, ['userId'], ['id'], { onDelete: 'CASCADE' })
export class AuthSession {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  createdAt: number;

  /** When tokens were last issued. */
  @Column({ type: 'bigint', transformer: millisTransformer })
  lastUsedAt: number;

  /** null while the sign-in is alive. */
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  revokedAt: number | null;
}
