import { DataSource } from 'typeorm';
import { startTestApp, type TestApp } from '../support/app.js';
import type { WireRecord } from '../support/phone.js';
import {
  aCustomExercise,
  aRoutine,
  aRoutineExercise,
  aSuperset,
  clientIds,
  pathId,
  type Portal,
  portalOf,
} from '../support/portal.js';

const NOW = Date.UTC(2026, 0, 5, 18);

interface Item extends WireRecord {
  kind: string;
  exercises?: WireRecord[];
}
type Tree = WireRecord & { items: Item[] };

/** The tree as names: a superset as the list of its exercises. */
const shapeOf = ({ items }: Tree) =>
  items.map((item) =>
    item.kind === 'superset' ? [item.clientId, clientIds(item.exercises ?? [])] : item.clientId,
  );

const exercise = (clientId: string, fields: object, routineId = 'r') =>
  aRoutineExercise(routineId, { clientId, ...fields });

/** An item as the record it was made from. */
function bare(item: Item): WireRecord {
  const record: Partial<Item> & WireRecord = { ...item };
  delete record.kind;
  delete record.exercises;
  return record;
}

describe('the routines of a portal', () => {
  let app: TestApp;
  let portal: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    portal = await portalOf(app);
  });

  const treeOf = (id: string, query = ''): Promise<Tree> =>
    portal.read(`/api/routines/${pathId(id)}${query}`);

  /** One routine: a stand-alone exercise, a superset of two, another stand-alone one. */
  const pushRoutine = (changes: Record<string, object[]> = {}) =>
    portal.push({
      routines: [aRoutine({ clientId: 'r' })],
      supersets: [aSuperset('r', { clientId: 's', orderIndex: 1 })],
      routineExercises: [
        exercise('last', { orderIndex: 2 }),
        exercise('second in s', { supersetId: 's', orderInSuperset: 1 }),
        exercise('first', { orderIndex: 0 }),
        exercise('first in s', { supersetId: 's', orderInSuperset: 0, orderIndex: 7 }),
      ],
      ...changes,
    });

  it('come as trees in the order of the app', async () => {
    await pushRoutine();
    const tree = await treeOf('r');
    expect(shapeOf(tree)).toEqual(['first', ['s', ['first in s', 'second in s']], 'last']);
    expect((await portal.read('/api/routines')).items).toEqual([tree]);
  });

  it('consist of records in exactly the form a pull gives', async () => {
    await pushRoutine({ routines: [aRoutine({ clientId: 'r', keyOfTheFuture: [1] })] });
    const pulled = await portal.phone.request('pull', { deviceId: 'a browser' });
    const { items, ...routine } = await treeOf('r');
    expect([routine]).toEqual(pulled.routines);
    const supersets = items.filter(({ kind }) => kind === 'superset');
    expect(supersets.map(bare)).toEqual(pulled.supersets);
    const exercises = [
      ...items.filter(({ kind }) => kind === 'exercise').map(bare),
      ...supersets.flatMap((superset) => superset.exercises ?? []),
    ];
    expect(exercises.toSorted(byId)).toEqual(pulled.routineExercises.toSorted(byId));
  });

  it('are found by client id and by server id, in any letter case', async () => {
    const { idMappings } = await portal.push({ routines: [aRoutine({ clientId: 'cycle_routine_ABC/1' })] });
    const serverId = idMappings.routines?.['cycle_routine_ABC/1'] ?? '';
    for (const id of ['cycle_routine_ABC/1', 'CYCLE_ROUTINE_abc/1', serverId.toUpperCase()])
      expect((await treeOf(id)).serverId).toBe(serverId);
    expect((await portal.get('/api/routines/nothing')).body.code).toBe('record.unknown');
  });

  it('show children by the server id too, and those of a row number', async () => {
    const { idMappings } = await portal.push({ routines: [aRoutine({ clientId: '12' })] });
    const serverId = idMappings.routines?.['12'] ?? '';
    await portal.push({
      routineExercises: [exercise('by row', { orderIndex: 1 }, '12'), exercise('by server id', {}, serverId)],
    });
    const tree = await treeOf('12');
    expect(shapeOf(tree)).toEqual(['by server id', 'by row']);
    expect(tree.items.map(({ routineId }) => routineId)).toEqual([serverId, serverId]);
  });

  it('keep a fixed order where two items have the same index', async () => {
    await pushRoutine({
      supersets: [aSuperset('r', { clientId: 's', createdAt: NOW })],
      routineExercises: [
        exercise('newer', { createdAt: NOW + 1 }),
        exercise('older', { createdAt: NOW - 1 }),
      ],
    });
    expect(shapeOf(await treeOf('r'))).toEqual(['older', ['s', []], 'newer']);
  });

  it('hide deleted records and whatever belongs to them, unless asked for', async () => {
    await pushRoutine();
    const gone = { deletedAt: NOW + 1, updatedAt: NOW + 1 };
    await portal.push({
      supersets: [aSuperset('r', { clientId: 's', orderIndex: 1, ...gone })],
      routineExercises: [exercise('last', { orderIndex: 2, ...gone })],
    });
    expect(shapeOf(await treeOf('r'))).toEqual(['first']);
    const whole = await treeOf('r', '?deleted=true');
    expect(shapeOf(whole)).toEqual(['first', ['s', ['first in s', 'second in s']], 'last']);
    expect(whole.items.map(({ deletedAt }) => deletedAt)).toEqual([null, NOW + 1, NOW + 1]);

    await portal.push({ routines: [aRoutine({ clientId: 'r', ...gone })] });
    expect((await portal.get('/api/routines/r')).body.code).toBe('record.unknown');
    expect((await portal.read('/api/routines')).items).toEqual([]);
    expect(shapeOf((await portal.read('/api/routines?deleted=true')).items[0])).toEqual(shapeOf(whole));
  });

  it('hide an exercise whose superset is unknown until it arrives', async () => {
    await pushRoutine({ supersets: [] });
    expect(shapeOf(await treeOf('r'))).toEqual(['first', 'last']);
    const whole = shapeOf(await treeOf('r', '?deleted=true'));
    expect(whole).toEqual(['second in s', 'first', 'last', 'first in s']);
    await portal.push({ supersets: [aSuperset('r', { clientId: 's', orderIndex: 1 })] });
    expect(shapeOf(await treeOf('r'))).toEqual(['first', ['s', ['first in s', 'second in s']], 'last']);
  });

  it('show an exercise alone whose superset belongs to another routine', async () => {
    await portal.push({
      routines: [aRoutine({ clientId: 'r' }), aRoutine({ clientId: 'other' })],
      supersets: [aSuperset('other', { clientId: 's' })],
      routineExercises: [exercise('astray', { supersetId: 's' })],
    });
    expect(shapeOf(await treeOf('r'))).toEqual(['astray']);
    expect(shapeOf(await treeOf('other'))).toEqual([['s', []]]);
  });

  it('page newest first, each with all its children', async () => {
    const routines = Array.from({ length: 5 }, (_, n) => aRoutine({ clientId: `r${n}`, createdAt: NOW + n }));
    const routineExercises = routines.map(({ clientId }) => exercise(`in ${clientId}`, {}, clientId));
    await portal.push({ routines, routineExercises });
    const pages = await portal.pages<Tree>('/api/routines?limit=2', () =>
      portal.push({ routines: [aRoutine({ createdAt: NOW + 1e6 })] }),
    );
    expect(pages.map((page) => page.map(shapeOf))).toEqual([
      [['in r4'], ['in r3']],
      [['in r2'], ['in r1']],
      [['in r0']],
    ]);
  });

  it('end a page before a routine with more children than an answer holds', async () => {
    const many = Array.from({ length: 10_000 }, (_, n) => exercise(`e${n}`, { orderIndex: n }, 'many'));
    await portal.push({
      routines: ['newest', 'many', 'oldest'].map((clientId, n) => aRoutine({ clientId, createdAt: NOW - n })),
      routineExercises: [...many, exercise('a', {}, 'newest'), exercise('b', {}, 'oldest')],
    });
    const pages = await portal.pages<Tree>('/api/routines');
    expect(pages.map((page) => page.map(({ clientId, items }) => [clientId, items.length]))).toEqual([
      [['newest', 1]],
      [['many', 10_000]],
      [['oldest', 1]],
    ]);
  });

  it('take as many statements for ten routines as for one', async () => {
    await pushRoutine();
    const one = await statementsOf(app, () => portal.read('/api/routines'));
    expect(one).toBeGreaterThan(3);
    const routines = Array.from({ length: 10 }, (_, n) => aRoutine({ clientId: `r${n}` }));
    await portal.push({
      routines,
      supersets: routines.map(({ clientId }) => aSuperset(clientId)),
      routineExercises: routines.map(({ clientId }) => aRoutineExercise(clientId)),
    });
    expect(await statementsOf(app, () => portal.read('/api/routines'))).toEqual(one);
  });

  it('are the account’s own, and stay readable without premium', async () => {
    await pushRoutine();
    const stranger = await portalOf(app);
    const { serverId } = await treeOf('r');
    for (const id of ['r', serverId])
      expect((await stranger.get(`/api/routines/${id}?deleted=true`)).body.code).toBe('record.unknown');
    expect((await stranger.read('/api/routines?deleted=true')).items).toEqual([]);
    await stranger.push({
      routines: [aRoutine({ clientId: 'r' })],
      routineExercises: [exercise('theirs', {})],
    });
    await portal.losePremium();
    expect(shapeOf(await treeOf('r'))).toHaveLength(3);
  });

  it('stand beside the exercises the user made', async () => {
    await portal.push({
      exercises: [
        aCustomExercise({ clientId: 'custom_1', createdAt: NOW }),
        aCustomExercise({ clientId: 'custom_2', createdAt: NOW + 1 }),
        aCustomExercise({ clientId: 'custom_3', deletedAt: NOW }),
      ],
    });
    const pulled = await portal.phone.request('pull', { deviceId: 'a browser' });
    const { items } = await portal.read('/api/exercises');
    expect(clientIds(items)).toEqual(['custom_2', 'custom_1']);
    expect(pulled.exercises).toEqual(expect.arrayContaining(items));
    expect((await portal.read('/api/exercises?deleted=true')).items).toHaveLength(3);
    expect((await portal.pages('/api/exercises?limit=1')).map(clientIds)).toEqual([
      ['custom_2'],
      ['custom_1'],
    ]);
  });
});

const byId = (a: WireRecord, b: WireRecord) => (a.clientId < b.clientId ? -1 : 1);

/** How often the server asks the database for it: the least of some times, for it has work of its own at times (e-mails that are due). */
async function statementsOf(app: TestApp, work: () => Promise<unknown>): Promise<number> {
  const { master: pool } = app.app.get(DataSource).driver as unknown as {
    master: { Client: { prototype: object } };
  };
  const prototype = pool.Client.prototype as { query: (...sent: unknown[]) => unknown };
  const spy = jest.spyOn(prototype, 'query');
  try {
    const counts: number[] = [];
    for (let time = 0; time < 3; time++) {
      spy.mockClear();
      await work();
      counts.push(spy.mock.calls.length);
    }
    return Math.min(...counts);
  } finally {
    spy.mockRestore();
  }
}
