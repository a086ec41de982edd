import type { CollectionName } from '../sync/collections.js';
import { factsOf } from '../sync/complete.js';
import type { LocalRecord, WireRecord } from '../sync/record.js';
import { requiredFields } from './fields.js';
import { short } from './names.js';
import { when } from './table.js';

/** What a list shows of a record; for a collection that is not here, the fields that every record has. */
const SHOWN: { [name in CollectionName]?: readonly string[] } = {
  sessions: ['timestamp', 'exerciseName', 'mode', 'weightPerCableKg', 'totalReps'],
  phaseStats: ['sessionId', 'concentricKgMax', 'concentricVelMax', 'concentricWattMax'],
  records: ['achievedAt', 'exerciseName', 'prType', 'weight', 'reps'],
  routines: ['name', 'description'],
  supersets: ['routineId', 'name'],
  routineExercises: ['routineId', 'orderIndex', 'exerciseName', 'setReps', 'weightPerCableKg'],
  exercises: ['name', 'muscleGroup', 'equipment'],
  badges: ['badgeId', 'earnedAt'],
  gamificationStats: ['totalWorkouts', 'totalReps', 'totalVolumeKg', 'currentStreak', 'longestStreak'],
};

export const shownFields = (collection: CollectionName): readonly string[] =>
  SHOWN[collection] ?? requiredFields(collection).slice(0, 4);

/** From 2001 on, in epoch ms: no other number of a record is that large. */
const FIRST_TIME = 1e12;

/** A value as people read it. */
export function valueText(collection: CollectionName, name: string, value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'number' && value > FIRST_TIME) return when(value);
  if (factsOf(collection).fields[name]?.parent !== undefined && typeof value === 'string')
    return short(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}

export const cellsOf = (collection: CollectionName, record: WireRecord): string[] =>
  shownFields(collection).map((name) => valueText(collection, name, record[name]));

/** A record in a sentence. */
export const inWords = (collection: CollectionName, record: WireRecord) =>
  cellsOf(collection, record)
    .filter((cell) => cell !== '')
    .join(', ') + (record.deletedAt ? ', deleted' : '');

/** What differs between two states, field by field. */
export function differences(collection: CollectionName, mine: WireRecord, theirs: WireRecord): string {
  const names = Object.keys(factsOf(collection).fields).filter(
    (name) =>
      name !== 'updatedAt' && JSON.stringify(mine[name] ?? null) !== JSON.stringify(theirs[name] ?? null),
  );
  const text = (record: WireRecord, name: string) => `“${valueText(collection, name, record[name])}”`;
  return names.map((name) => `${name}: mine ${text(mine, name)}, theirs ${text(theirs, name)}`).join('; ');
}

/** What is special about a record on this phone. */
export function markOf({ dirty, refusal, record }: LocalRecord): string {
  if (refusal) return 'rejected';
  if (dirty !== undefined) return record.deletedAt ? 'deleted, unsent' : 'unsent';
  return record.deletedAt ? 'deleted' : '';
}
