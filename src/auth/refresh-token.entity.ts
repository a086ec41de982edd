import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';
import { AuthSession } from './auth-session.entity.js';

/**
 * A refresh token, known by its hash only. Used ones stay until they would have expired: they are how a replay is
 * recognised.
 */
@Entity('refresh_tokens')
@ForeignKey(() => AuthSession, ['userId', 'sessionId'], ['userId', 'id'], { onDelete: 'CASCADE' })
@Index(['userId', 'sessionId'])
export class RefreshToken {
  @PrimaryColumn('uuid')
  userId: string;

  /** SHA-256 of the token. */
  @PrimaryColumn('bytea')
  tokenHash: Buffer;

  @Column({ type: 'uuid' })
  sessionId: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  issuedAt: number;

  @Column({ type: 'bigint', transformer: millisTransformer })
  expiresAt: number;

  /** When it was exchanged, or passed over because its predecessor was used again; null while it is the live one. */
  @Column({ type: 'bigint', nullable: true, transformer: millisTransformer })
  usedAt: number | null;

  /** Hash of the token that took its place. */
  @Column({ type: 'bytea', nullable: true })
  replacedBy: Buffer | null;
}
