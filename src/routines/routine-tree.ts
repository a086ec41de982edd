import type { Plain } from '../sync/heads.service.js';
import type { RoutineExerciseDto } from './routine-exercise.dto.js';
import type { RoutineDto } from './routine.dto.js';
import type { RoutineItem, RoutineTreeDto } from './routines.dto.js';
import type { SupersetDto } from './superset.dto.js';

/** Supersets and exercises of any number of routines; exercises in the order they have inside a superset. */
export interface Parts {
  supersets: readonly Plain<SupersetDto>[];
  exercises: readonly Plain<RoutineExerciseDto>[];
}

/** Two phones may give the same index: the older one comes first, and the same one every time. */
const byOrder = (a: RoutineItem, b: RoutineItem) =>
  a.orderIndex - b.orderIndex || a.createdAt - b.createdAt || (a.serverId < b.serverId ? -1 : 1);

function groupBy<T>(list: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

function itemsOf(
  supersets: readonly Plain<SupersetDto>[],
  exercises: readonly Plain<RoutineExerciseDto>[],
): RoutineItem[] {
  const own = new Set(supersets.map(({ clientId }) => clientId));
  // An exercise whose superset is not among those of its routine stands alone: it is shown, whatever is wrong with it.
  const bySuperset = groupBy(exercises, ({ supersetId }) =>
    supersetId !== null && own.has(supersetId) ? supersetId : '',
  );
  return [
    ...supersets.map((superset) => ({
      ...superset,
      kind: 'superset' as const,
      exercises: bySuperset.get(superset.clientId) ?? [],
    })),
    ...(bySuperset.get('') ?? []).map((exercise) => ({ ...exercise, kind: 'exercise' as const })),
  ].toSorted(byOrder);
}

/** Children name their parents by the client id under which the parent itself is shown. */
export function treesOf(routines: readonly Plain<RoutineDto>[], parts: Parts): RoutineTreeDto[] {
  const supersets = groupBy(parts.supersets, ({ routineId }) => routineId);
  const exercises = groupBy(parts.exercises, ({ routineId }) => routineId);
  return routines.map((routine) => ({
    ...routine,
    items: itemsOf(supersets.get(routine.clientId) ?? [], exercises.get(routine.clientId) ?? []),
  }));
}
