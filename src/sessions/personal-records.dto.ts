import { ApiProperty } from '../common/api-docs.js';
import { PageAnswer, PageQuery } from '../common/paging.js';
import { QueryFlag, QueryText } from '../common/query.js';
import { PersonalRecordDto } from './personal-record.dto.js';

export class BestRecordsQuery extends PageQuery {
  @QueryText('Only records of this exercise.')
  exerciseId?: string;

  @QueryText('Only records in this mode (`workoutMode`), letter by letter: it is free text.')
  mode?: string;

  @QueryText('`MAX_WEIGHT` or `MAX_VOLUME`.')
  prType?: string;
}

export class RecordHistoryQuery extends BestRecordsQuery {
  @QueryFlag('Also shows deleted records; `deletedAt` tells which.')
  deleted: boolean = false;
}

export class PersonalRecordsAnswer extends PageAnswer {
  @ApiProperty({ type: [PersonalRecordDto], description: 'By the time they were achieved, newest first.' })
  items: PersonalRecordDto[];
}
