import { startTestApp, type TestApp } from '../support/app.js';
import {
  aRecord,
  aRoutine,
  aRoutineExercise,
  aSet,
  aSuperset,
  type Portal,
  portalOf,
} from '../support/portal.js';

const COUNT = 10_000;
const MINUTE_MS = 60_000;
const START = Date.UTC(2020, 0, 1);

const every = <T>(make: (n: number) => T) => Array.from({ length: COUNT }, (_, n) => make(n));

/**
 * Right after a first push the planner takes the tables for empty. Statements whose cost then grows with the square of
 * the records would not end before the statement timeout, which is a 503.
 */
describe('a portal that looks at ten thousand records before the database has statistics', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
    const tables = ['workout_sessions', 'personal_records', 'routines', 'supersets', 'routine_exercises'];
    for (const table of tables)
      await app.owner.query({ text: `alter table ${table} set (autovacuum_enabled = false)` });
    portal = await portalOf(app);
    const routines = Array.from({ length: 500 }, (_, n) => aRoutine({ clientId: `r${n}` }));
    await portal.push({
      sessions: every((n) =>
        aSet({
          timestamp: START + n * 20 * MINUTE_MS,
          exerciseId: `e${n % 300}`,
          routineSessionId: n % 3 === 0 ? `run${Math.floor(n / 50)}` : null,
        }),
      ),
      records: every((n) => aRecord({ achievedAt: START + n, exerciseId: `e${n % 500}`, weight: n % 97 })),
      routines,
      supersets: routines.map(({ clientId }) => aSuperset(clientId, { clientId: `s of ${clientId}` })),
      routineExercises: every((n) =>
        aRoutineExercise(`r${n % 500}`, { supersetId: `s of r${n % 500}` }),
      ).slice(0, 2_000),
    });
  });
  afterAll(() => app.close());

  it.each([
    ['/api/sessions?limit=500', 500],
    ['/api/sessions?limit=500&exerciseId=e7', 34],
    ['/api/workouts?limit=500', 200 + 1],
    ['/api/records?limit=500', 500],
    ['/api/records/history?limit=500', 500],
    ['/api/routines?limit=500', 500],
    ['/api/totals?by=day', 139],
    ['/api/totals/exercises', 300],
  ])('is answered: %s', async (path, items) => {
    expect((await portal.read(path)).items).toHaveLength(items);
  });
});
