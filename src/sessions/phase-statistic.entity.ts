import { Entity } from 'typeorm';
import { Millis, Real, Reference } from '../common/fields.js';
import { SyncedEntity } from '../sync/synced.entity.js';

/** The machine's own figures of one set: kg per cable, mm/s (eccentric negative), watts. */
@Entity('phase_statistics')
export class PhaseStatistic extends SyncedEntity {
  @Reference('sessions', { description: 'The set: its client id or its server id.' }) sessionId: string;
  @Real() concentricKgAvg: number;
  @Real() concentricKgMax: number;
  @Real() concentricVelAvg: number;
  @Real() concentricVelMax: number;
  @Real() concentricWattAvg: number;
  @Real() concentricWattMax: number;
  @Real() eccentricKgAvg: number;
  @Real() eccentricKgMax: number;
  @Real() eccentricVelAvg: number;
  @Real() eccentricVelMax: number;
  @Real() eccentricWattAvg: number;
  @Real() eccentricWattMax: number;
  @Millis() timestamp: number;
}
