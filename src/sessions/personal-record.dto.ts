import { OmitType } from '../common/api-docs.js';
import { SERVER_COLUMNS } from '../sync/synced.entity.js';
import { PersonalRecord } from './personal-record.entity.js';

export class PersonalRecordDto extends OmitType(PersonalRecord, SERVER_COLUMNS) {}
