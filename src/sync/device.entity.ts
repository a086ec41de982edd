import { Column, Entity, PrimaryColumn } from 'typeorm';
import { ID_MAX_LENGTH, KEY_TEXT, millisTransformer } from '../common/fields.js';

const millis = { type: 'bigint', transformer: millisTransformer } as const;

/** A phone or portal of one user, and what the server knows of its copy. */
@Entity('sync_devices')
export class Device {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn({ type: 'varchar', length: ID_MAX_LENGTH, ...KEY_TEXT })
  deviceId: string;

  @Column({ type: 'varchar', length: 255, nullable: true })
  deviceName: string | null;

  /** `android`, `ios`, `web`; free text, `unknown` for a device that has only pulled. */
  @Column({ type: 'varchar', length: 50 })
  platform: string;

  @Column(millis)
  createdAt: number;

  /** The last push or pull that moved something. */
  @Column(millis)
  lastSyncAt: number;

  @Column({ ...millis, nullable: true })
  revokedAt: number | null;

  /** Whether the device has ever come back with a cursor: before that it is sent no tombstones. */
  @Column({ type: 'boolean', default: false })
  usedCursor: boolean;

  /**
   * The clock at the first answer that gave it records of others. Tombstones up to it are of records it was never
   * sent; later ones it may need although it never came back with a cursor (it crashed, or the answer was lost).
   */
  @Column({ ...millis, nullable: true })
  firstGiven: number | null;

  /** The cursor this device was given last. */
  @Column({ ...millis, nullable: true })
  lastCursor: number | null;

  /** Number of the device's latest push that told something new about what the device holds. */
  @Column({ type: 'int', default: 0 })
  pushNumber: number;

  /** The cursor that push carried: with it the device may pull and be spared what it sent. */
  @Column({ ...millis, nullable: true })
  pushCursor: number | null;

  /** Versions that push assigned, all held by the device; null where it assigned none. */
  @Column({ ...millis, nullable: true })
  heldFrom: number | null;

  @Column({ ...millis, nullable: true })
  heldTo: number | null;

  /** After this moment the push's own cursor no longer proves anything: a phone may have been restored to it. */
  @Column({ ...millis, nullable: true })
  heldUntil: number | null;
}

/** A cursor that this server issued to this device; any other value is not trusted. */
@Entity('device_cursors')
export class DeviceCursor {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn({ type: 'varchar', length: ID_MAX_LENGTH, ...KEY_TEXT })
  deviceId: string;

  @PrimaryColumn(millis)
  cursor: number;

  /** Issued in the middle of the device's very first download: tombstones are still of no use to it. */
  @Column({ type: 'boolean', default: false })
  first: boolean;

  /** Issued with knowledge of that push: who presents it holds what the push sent. */
  @Column({ type: 'int', nullable: true })
  pushNumber: number | null;
}

/** What the versions and the cursor alone do not tell: single heads a device holds, or is owed. */
@Entity('device_marks')
export class DeviceMark {
  @PrimaryColumn('uuid')
  userId: string;

  @PrimaryColumn({ type: 'varchar', length: ID_MAX_LENGTH, ...KEY_TEXT })
  deviceId: string;

  @PrimaryColumn({ type: 'varchar', length: 50, ...KEY_TEXT })
  collection: string;

  @PrimaryColumn('uuid')
  serverId: string;

  /** The head the mark speaks of; it means nothing once the head has another version. */
  @Column(millis)
  headVersion: number;

  /** Owed: the head counts as having this version for the device. Null: the device holds the head. */
  @Column({ ...millis, nullable: true })
  owedVersion: number | null;

  /** For held: the push that proved it. */
  @Column({ type: 'int' })
  pushNumber: number;
}
