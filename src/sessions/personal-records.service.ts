import { Injectable } from '@nestjs/common';
import type { Page } from '../common/paging.js';
import { HeadsService, type Listing, type Reading } from '../sync/heads.service.js';
import type { PersonalRecordDto } from './personal-record.dto.js';
import type { BestRecordsQuery, RecordHistoryQuery } from './personal-records.dto.js';

const fits = (record: string) => `($6::text is null or ${record}.exercise_id = $6)
  and ($7::text is null or ${record}.workout_mode = $7) and ($8::text is null or ${record}.pr_type = $8)`;

const HISTORY: Listing = {
  name: 'records',
  collection: 'records',
  newestBy: 'achieved_at',
  where: fits('h'),
};

/**
 * Phones replace a record by a new one at every improvement, so the best is searched for: MAX_VOLUME by volume (which
 * first-generation phones do not send: weight × reps), anything else by weight, then repetitions. Of equals, the first
 * that was achieved stays the record.
 */
const BEST: Listing = {
  name: 'best-records',
  collection: 'records',
  newestBy: 'achieved_at',
  where: `h.server_id in (
    select distinct on (r.exercise_id, r.workout_mode, r.pr_type) r.server_id
      from personal_records r where r.user_id = $1 and r.deleted_at is null and ${fits('r')}
     order by r.exercise_id, r.workout_mode, r.pr_type,
       case when r.pr_type = 'MAX_VOLUME' then coalesce(nullif(r.volume, 0)::text::float8,
         r.weight::text::float8 * r.reps) else r.weight end desc,
       case when r.pr_type = 'MAX_VOLUME' then 0 else r.reps end desc,
       r.achieved_at, r.server_id)`,
};

@Injectable()
export class PersonalRecordsService {
  constructor(private readonly heads: HeadsService) {}

  /** The best per exercise, mode and type. */
  best(userId: string, query: BestRecordsQuery): Promise<Page<PersonalRecordDto>> {
    return this.list(BEST, { userId, deleted: false }, query);
  }

  history(userId: string, query: RecordHistoryQuery): Promise<Page<PersonalRecordDto>> {
    return this.list(HISTORY, { userId, deleted: query.deleted }, query);
  }

  private list(
    listing: Listing,
    reading: Reading,
    query: BestRecordsQuery,
  ): Promise<Page<PersonalRecordDto>> {
    const { exerciseId, mode, prType } = query;
    return this.heads.page(listing, reading, query, [exerciseId, mode, prType]);
  }
}
