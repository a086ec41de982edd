import { Module } from '@nestjs/common';
import { SyncModule } from '../sync/sync.module.js';
import { CustomExerciseDto } from './custom-exercise.dto.js';
import { CustomExercise } from './custom-exercise.entity.js';
import { RoutineExerciseDto } from './routine-exercise.dto.js';
import { RoutineExercise } from './routine-exercise.entity.js';
import { RoutineDto } from './routine.dto.js';
import { Routine } from './routine.entity.js';
import { RoutinesController } from './routines.controller.js';
import { RoutinesService } from './routines.service.js';
import { SupersetDto } from './superset.dto.js';
import { Superset } from './superset.entity.js';

@Module({
  imports: [
    SyncModule.forFeature([
      { name: 'routines', entity: Routine, dto: RoutineDto },
      { name: 'supersets', entity: Superset, dto: SupersetDto },
      { name: 'routineExercises', entity: RoutineExercise, dto: RoutineExerciseDto },
      { name: 'exercises', entity: CustomExercise, dto: CustomExerciseDto },
    ]),
  ],
  controllers: [RoutinesController],
  providers: [RoutinesService],
})
export class RoutinesModule {}
