import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { millisTransformer } from '../common/fields.js';
import { EMAIL_MAX_LENGTH } from './email.js';

/**
 * A password reset that somebody asked for; whether any account has the address is found out after they were answered. Rows
 * live for a second.
 */
@Entity('reset_requests')
export class ResetRequest {
  @PrimaryColumn({ type: 'varchar', length: EMAIL_MAX_LENGTH })
  email: string;

  @Index()
  @Column({ type: 'bigint', transformer: millisTransformer })
  requestedAt: number;
}
