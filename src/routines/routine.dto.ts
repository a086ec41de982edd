import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { Routine } from './routine.entity.js';

export class RoutineDto extends OmitType(Routine, SERVER_COLUMNS) {}
