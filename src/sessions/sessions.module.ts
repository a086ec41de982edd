import { Module } from '@nestjs/common';
import { SyncModule } from '../sync/sync.module.js';
import { PersonalRecordDto } from './personal-record.dto.js';
import { PersonalRecord } from './personal-record.entity.js';
import { PhaseStatisticDto } from './phase-statistic.dto.js';
import { PersonalRecordsController } from './personal-records.controller.js';
import { PersonalRecordsService } from './personal-records.service.js';
import { PhaseStatistic } from './phase-statistic.entity.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { TotalsController } from './totals.controller.js';
import { TotalsService } from './totals.service.js';
import { WorkoutSessionDto } from './workout-session.dto.js';
import { WorkoutSession } from './workout-session.entity.js';
import { WorkoutsController } from './workouts.controller.js';
import { WorkoutsService } from './workouts.service.js';

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
  controllers: [SessionsController, WorkoutsController, PersonalRecordsController, TotalsController],
  providers: [SessionsService, WorkoutsService, PersonalRecordsService, TotalsService],
})
export class SessionsModule {}
