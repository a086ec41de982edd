import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { CustomExercise } from './custom-exercise.entity.js';

export class CustomExerciseDto extends OmitType(CustomExercise, SERVER_COLUMNS) {}
