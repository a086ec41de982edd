import { Injectable } from '@nestjs/common';
import { cursorOf, type Page } from '../common/paging.js';
import { HeadsService, type Listing, type Offspring, type Reading } from '../sync/heads.service.js';
import { PortalReads } from '../sync/portal-reads.js';
import type { CustomExerciseDto } from './custom-exercise.dto.js';
import type { RoutineExerciseDto } from './routine-exercise.dto.js';
import { type Parts, treesOf } from './routine-tree.js';
import type { RoutineDto } from './routine.dto.js';
import type { RoutinesQuery, RoutineTreeDto } from './routines.dto.js';
import type { SupersetDto } from './superset.dto.js';

const ROUTINES: Listing = { name: 'routines', collection: 'routines', newestBy: 'created_at' };
const CUSTOM_EXERCISES: Listing = { name: 'exercises', collection: 'exercises', newestBy: 'created_at' };

/** Holds an answer to a few megabytes, whatever somebody has put into a routine. */
const CHILDREN_MAX = 10_000;

const SUPERSETS: Offspring = {
  collection: 'supersets',
  reference: 'routineId',
  orderBy: 'h.order_index, h.created_at',
  limit: CHILDREN_MAX,
};
const EXERCISES: Offspring = {
  collection: 'routineExercises',
  reference: 'routineId',
  orderBy: 'h.order_in_superset, h.order_index, h.created_at',
  limit: CHILDREN_MAX,
};

/** Routines as trees: three statements in one snapshot, however many routines there are. */
@Injectable()
export class RoutinesService {
  constructor(
    private readonly reads: PortalReads,
    private readonly heads: HeadsService,
  ) {}

  /** A page ends early where its routines have more children than an answer may hold. */
  list(userId: string, { deleted, ...query }: RoutinesQuery): Promise<Page<RoutineTreeDto>> {
    return this.reads.snapshot(userId, async (sql) => {
      const reading = { userId, deleted, sql };
      const { items: routines, nextCursor } = await this.heads.page<RoutineDto>(ROUTINES, reading, query);
      const parts = await this.partsOf(routines, reading);
      const shown = routines.slice(0, Math.max(1, completeOf(routines, parts)));
      const last = shown.at(-1);
      return {
        items: treesOf(shown, parts),
        nextCursor:
          last !== undefined && shown.length < routines.length
            ? cursorOf({ at: last.createdAt, id: last.serverId })
            : nextCursor,
      };
    });
  }

  /** @throws AppError record.unknown */
  get(userId: string, id: string, deleted: boolean): Promise<RoutineTreeDto> {
    return this.reads.snapshot(userId, async (sql) => {
      const reading = { userId, deleted, sql };
      const { record } = await this.heads.get<RoutineDto>('routines', id, reading);
      const [tree] = treesOf([record], await this.partsOf([record], reading));
      return tree;
    });
  }

  customExercises(userId: string, { deleted, ...query }: RoutinesQuery): Promise<Page<CustomExerciseDto>> {
    return this.heads.page(CUSTOM_EXERCISES, { userId, deleted }, query);
  }

  private async partsOf(routines: readonly RoutineDto[], reading: Reading): Promise<Parts> {
    const ids = routines.map(({ serverId }) => serverId);
    return {
      supersets: await this.heads.children<SupersetDto>(SUPERSETS, ids, reading),
      exercises: await this.heads.children<RoutineExerciseDto>(EXERCISES, ids, reading),
    };
  }
}

/** How many routines, from the first on, have all their children among the parts. */
function completeOf(routines: readonly RoutineDto[], { supersets, exercises }: Parts): number {
  const cutIn = [supersets, exercises].map((children) => {
    const last = children.length < CHILDREN_MAX ? undefined : children.at(-1);
    return last === undefined
      ? routines.length
      : routines.findIndex(({ clientId }) => clientId === last.routineId);
  });
  return Math.min(...cutIn);
}
