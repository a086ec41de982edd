import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';

/** Password checks against one e-mail address, whether or not an account has it, since the last right one. */
@Entity('login_attempts')
export class LoginAttempt {
  /** SHA-256 of the normalised address: an address nobody registered is nobody's to store. */
  @PrimaryColumn('bytea')
  emailHash: Buffer;

  @Column({ type: 'int' })
  tries: number;

  @Index()
  @Column({ type: 'bigint', transformer: millisTransformer })
  windowStartedAt: number;
}
