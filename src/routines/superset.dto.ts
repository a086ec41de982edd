import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { Superset } from './superset.entity.js';

export class SupersetDto extends OmitType(Superset, SERVER_COLUMNS) {}
