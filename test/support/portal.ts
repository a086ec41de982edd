import { randomUUID } from 'node:crypto';
import { type Answer, Api } from './api.js';
import type { TestApp } from './app.js';
import { type Account, Phone, premiumAccount, type PushAnswer, type WireRecord } from './phone.js';

/** Some moment of training, for records whose time does not matter. */
const THEN = Date.UTC(2026, 0, 5, 18);

/** Requests of a signed-in browser, and a phone whose data it looks at. */
export interface Portal extends Account {
  phone: Phone;
  get(path: string): Promise<Answer>;
  /** The answer's body; fails the test unless it is a 200. */
  read(path: string): Promise<Answer['body']>;
  /** Follows the cursor to the end: every page's items. */
  pages<T = WireRecord>(path: string, between?: () => Promise<unknown>): Promise<T[][]>;
  /** Fails the test if a record is refused. */
  push(body: object): Promise<PushAnswer>;
  losePremium(): Promise<unknown>;
}

export async function portalOf(app: TestApp): Promise<Portal> {
  const account = await premiumAccount(app);
  const api = new Api(app.url);
  const phone = new Phone(app.url, account.token, randomUUID());
  const get = (path: string) => api.get(path, { token: account.token });
  const read = async (path: string) => {
    const { status, body } = await get(path);
    if (status !== 200) throw new Error(`${path} was answered with ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  return {
    ...account,
    phone,
    get,
    read,
    pages: async <T>(path: string, between?: () => Promise<unknown>) => {
      const pages: T[][] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page = await read(
          cursor === '' ? path : `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`,
        );
        pages.push(page.items);
        cursor = page.nextCursor;
        if (cursor !== null) await between?.();
      }
      return pages;
    },
    push: async (body) => {
      const answer = await phone.request('push', body);
      if (answer.rejected.length > 0) throw new Error(`refused: ${JSON.stringify(answer.rejected)}`);
      return answer;
    },
    losePremium: () =>
      app.owner.query({
        text: `update users set subscription_status = 'free' where id = $1`,
        values: [account.userId],
      }),
  };
}

const stamped = () => ({ clientId: randomUUID(), createdAt: THEN, updatedAt: THEN, deletedAt: null });

/** A set as a phone sends it. */
export const aSet = (fields: object = {}) => ({
  ...stamped(),
  timestamp: THEN,
  mode: 'Old School',
  targetReps: 10,
  weightPerCableKg: 20,
  duration: 45_000,
  totalReps: 10,
  workingReps: 10,
  exerciseId: 'row',
  exerciseName: 'Row',
  ...fields,
});

export const aRecord = (fields: object = {}) => ({
  ...stamped(),
  exerciseId: 'row',
  exerciseName: '',
  weight: 20,
  reps: 10,
  oneRepMax: 26.666666,
  achievedAt: THEN,
  workoutMode: 'Old School',
  ...fields,
});

export const aPhaseStatistic = (sessionId: string, fields: object = {}) => ({
  ...stamped(),
  sessionId,
  timestamp: THEN,
  ...Object.fromEntries(
    ['concentric', 'eccentric'].flatMap((phase) =>
      ['KgAvg', 'KgMax', 'VelAvg', 'VelMax', 'WattAvg', 'WattMax'].map((figure) => [
        `${phase}${figure}`,
        1.5,
      ]),
    ),
  ),
  ...fields,
});

export const aRoutine = (fields: object = {}) => ({ ...stamped(), name: 'Push day', ...fields });

export const aSuperset = (routineId: string, fields: object = {}) => ({
  ...stamped(),
  routineId,
  name: 'Arms',
  orderIndex: 0,
  ...fields,
});

export const aRoutineExercise = (routineId: string, fields: object = {}) => ({
  ...stamped(),
  routineId,
  exerciseName: 'Row',
  orderIndex: 0,
  ...fields,
});

export const aCustomExercise = (fields: object = {}) => ({
  ...stamped(),
  name: 'Meadows row',
  muscleGroup: 'BACK',
  equipment: 'HANDLES',
  defaultCableConfig: 'DOUBLE',
  ...fields,
});

export const aBadge = (badgeId: string, fields: object = {}) => ({
  ...stamped(),
  badgeId,
  earnedAt: THEN,
  ...fields,
});

/** The list without the record that goes by this client id. */

export const clientIds = (list: readonly { clientId: string }[]) => list.map(({ clientId }) => clientId);

/** An id as it stands in a path, whatever characters it has. */
export const pathId = (id: string) => encodeURIComponent(id);
