import { Column, Entity, PrimaryColumn } from 'typeorm';
import { KEY_TEXT, millisTransformer } from '../common/fields.js';

const millis = { type: 'bigint', transformer: millisTransformer } as const;

/** Work that one server process does for all. Whoever has it says so here, and again while it lasts. */
@Entity('server_jobs')
export class ServerJob {
  @PrimaryColumn({ type: 'varchar', length: 50, ...KEY_TEXT })
  name: string;

  @Column('uuid')
  holder: string;

  /** Past: nobody has it, whatever `holder` says; a process that was killed holds it no longer than this. */
  @Column(millis)
  heldUntil: number;

  /** When it was last done to the end. */
  @Column({ ...millis, nullable: true })
  finishedAt: number | null;
}
