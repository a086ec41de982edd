import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { WorkoutSession } from './workout-session.entity.js';

export class WorkoutSessionDto extends OmitType(WorkoutSession, SERVER_COLUMNS) {}
