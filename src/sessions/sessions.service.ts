import { Injectable } from '@nestjs/common';
import type { Page } from '../common/paging.js';
import { HeadsService, type Listing, type Offspring } from '../sync/heads.service.js';
import type { PhaseStatisticDto } from './phase-statistic.dto.js';
import type { SessionAnswer, SessionsQuery } from './sessions.dto.js';
import type { WorkoutSessionDto } from './workout-session.dto.js';

const SESSIONS: Listing = {
  name: 'sessions',
  collection: 'sessions',
  newestBy: 'timestamp',
  where: `($6::bigint is null or h.timestamp >= $6) and ($7::bigint is null or h.timestamp < $7)
    and ($8::text is null or h.exercise_id = $8) and ($9::text is null or h.mode = $9)
    and ($10::text is null or h.routine_name = $10) and ($11::text is null or h.routine_session_id = $11)`,
};

const PHASE_STATS: Offspring = {
  collection: 'phaseStats',
  reference: 'sessionId',
  orderBy: 'h.timestamp',
  // A set has one; what is beyond this is no training data.
  limit: 100,
};

/** Single sets, as records. */
@Injectable()
export class SessionsService {
  constructor(private readonly heads: HeadsService) {}

  list(userId: string, { deleted, from, to, ...query }: SessionsQuery): Promise<Page<WorkoutSessionDto>> {
    const { exerciseId, mode, routineName, routineSessionId } = query;
    return this.heads.page(SESSIONS, { userId, deleted }, query, [
      from,
      to,
      exerciseId,
      mode,
      routineName,
      routineSessionId,
    ]);
  }

  /** @throws AppError record.unknown */
  async get(userId: string, id: string, deleted: boolean): Promise<SessionAnswer> {
    const reading = { userId, deleted };
    const session = await this.heads.get<WorkoutSessionDto>('sessions', id, reading);
    const phaseStats = await this.heads.children<PhaseStatisticDto>(PHASE_STATS, [session.id], reading);
    return { ...session.record, phaseStats };
  }
}
