import { Module } from '@nestjs/common';
import { SyncModule } from '../sync/sync.module.js';
import { PersonalRecordDto } from './personal-record.dto.js';
import { PersonalRecord } from './personal-record.entity.js';
import { PhaseStatisticDto } from './phase-statistic.dto.js';
import { PhaseStatistic } from './phase-statistic.entity.js';
import { WorkoutSessionDto } from './workout-session.dto.js';
import { WorkoutSession } from './workout-session.entity.js';

@Module({
  imports: [
    SyncModule.forFeature([
      { name: 'sessions', entity: WorkoutSession, dto: WorkoutSessionDto },
      {
        name: 'records',
        entity: PersonalRecord,
        dto: PersonalRecordDto,
        naturalKey: ['exerciseId', 'workoutMode', 'prType', 'achievedAt', 'weight', 'reps'],
        fixed: ['exerciseId', 'workoutMode', 'prType', 'achievedAt'],
      },
      { name: 'phaseStats', entity: PhaseStatistic, dto: PhaseStatisticDto, fixed: ['sessionId'] },
    ]),
  ],
})
export class SessionsModule {}
