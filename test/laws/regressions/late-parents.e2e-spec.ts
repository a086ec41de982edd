import { benches, exercise, routine, superset, T } from './bench.js';

describe('parents that come late', () => {
  const the = benches();

  it('a child edited in part by the push that brings its parent is released', async () => {
    const phone = the().phone('a');
    const { syncTime } = await phone.request('push', { supersets: [superset('S', 'R')] });
    await phone.request('push', {
      lastSync: syncTime,
      routines: [routine('R')],
      supersets: [{ clientId: 'S', name: 'new', updatedAt: T + 1 }],
    });
    expect((await the().seen()).supersets).toMatchObject([{ name: 'new', routineId: 'R' }]);
  });

  it('a refused parent leaves its child waiting until it comes in order', async () => {
    const phone = the().phone('a');
    const first = await phone.request('push', {
      routines: [{ clientId: 'R' }],
      supersets: [superset('S', 'R')],
    });
    expect(first.rejected).toHaveLength(1);
    expect(Object.keys(first.idMappings.supersets)).toEqual(['S']);
    expect((await the().seen()).supersets).toEqual([]);
    await phone.request('push', { lastSync: first.syncTime, routines: [routine('r')] });
    expect((await the().seen()).supersets).toHaveLength(1);
  });

  it('a child that named its parent by an alias is released by it, and pushing it again is no edit', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const { idMappings } = await a.request('push', { routines: [routine('R')] });
    const alias = routine('bR', { serverId: idMappings.routines.R });
    const child = await b.request('push', { supersets: [superset('C', 'bR')] });
    const { syncTime } = await b.request('push', { lastSync: child.syncTime, routines: [alias] });
    expect((await the().seen()).supersets).toHaveLength(1);
    const clock = await the().clock();
    await b.request('push', { lastSync: syncTime, supersets: [superset('C', 'bR', { deletedAt: null })] });
    expect(await the().clock()).toBe(clock);
    expect(await the().history('supersets')).toEqual([]);
  });

  it('a child is seen only once both its parents are', async () => {
    const [writer, reader] = [the().phone('a'), the().phone('c')];
    let { syncTime: lastSync } = await writer.request('push', {
      routineExercises: [exercise('E', 'R', { supersetId: 'S' })],
    });
    const none = await reader.request('pull', {});
    lastSync = (await writer.request('push', { lastSync, routines: [routine('R')] })).syncTime;
    const half = await reader.request('pull', { lastSync: none.syncTime });
    expect([...none.routineExercises, ...half.routineExercises]).toEqual([]);
    await writer.request('push', { lastSync, supersets: [superset('S', 'R')] });
    const whole = await reader.request('pull', { lastSync: half.syncTime });
    expect(whole.routineExercises).toMatchObject([{ routineId: 'R', supersetId: 'S' }]);
  });

  it('a child whose two parents were deleted comes back when both do', async () => {
    const [writer, late] = [the().phone('a'), the().phone('b')];
    let { syncTime: lastSync } = await writer.request('push', {
      routines: [routine('R')],
      supersets: [superset('S', 'R')],
      routineExercises: [exercise('E', 'R', { supersetId: 'S' })],
    });
    const gone = { clientId: 'S', deletedAt: T + 1 };
    lastSync = (await writer.request('push', { lastSync, supersets: [gone] })).syncTime;
    const first = await late.request('pull', {});
    expect(first.routineExercises).toEqual([]);
    const goneToo = { lastSync, routines: [{ clientId: 'R', deletedAt: T + 1 }] };
    lastSync = (await writer.request('push', goneToo)).syncTime;
    const second = await late.request('pull', { lastSync: first.syncTime });
    await writer.request('push', {
      lastSync,
      supersets: [{ clientId: 'S', deletedAt: null, updatedAt: T + 3 }],
      routines: [{ clientId: 'R', deletedAt: null, updatedAt: T + 3 }],
    });
    const third = await late.request('pull', { lastSync: second.syncTime });
    expect(third.routineExercises).toHaveLength(1);
  });
});
