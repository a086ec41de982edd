import { Column, Entity, PrimaryColumn } from 'typeorm';
import { KEY_TEXT, millisTransformer } from '../common/fields.js';

/**
 * One Parquet file with some of a session's samples. Chunks of one session key do not overlap in time. A chunk is never
 * changed: it is replaced by another with a new id.
 */
@Entity('metric_chunks')
export class MetricChunk {
  @PrimaryColumn('uuid')
  userId: string;

  /**
   * The session's client key (see sync/client-key.ts). Not its server id: samples may come before their session, and
   * under each of its names; resolve-session.ts finds them all.
   */
  @PrimaryColumn({ type: 'text', ...KEY_TEXT })
  sessionKey: string;

  /** UUID of version 7: later chunks have greater ids. */
  @PrimaryColumn('uuid')
  id: string;

  @Column({ type: 'bigint', transformer: millisTransformer })
  firstAt: number;

  @Column({ type: 'bigint', transformer: millisTransformer })
  lastAt: number;

  @Column('int')
  sampleCount: number;

  /** Compressed already, so the migration sets its storage to external: PostgreSQL does not try again. */
  @Column('bytea')
  blob: Buffer;
}
