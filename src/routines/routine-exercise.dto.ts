import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { RoutineExercise } from './routine-exercise.entity.js';

export class RoutineExerciseDto extends OmitType(RoutineExercise, SERVER_COLUMNS) {}
