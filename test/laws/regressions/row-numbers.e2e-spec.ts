import { randomUUID } from 'node:crypto';
import {
  badge,
  Bench,
  benches,
  personalRecord,
  phaseStatistic,
  routine,
  session,
  superset,
  T,
} from './bench.js';

const different = (ids: readonly unknown[]) => new Set(ids).size;

describe('row numbers and other names', () => {
  const the = benches();

  it('a refused phase statistic leaves its row number where it was', async () => {
    const phone = the().phone('a');
    const first = await phone.request('push', {
      sessions: [session('s1'), session('s2')],
      phaseStats: [phaseStatistic('1', 's1')],
    });
    const bad = await phone.request('push', {
      lastSync: first.syncTime,
      phaseStats: [{ clientId: '1', sessionId: 's2' }],
    });
    expect(bad.rejected).toHaveLength(1);
    const again = await phone.request('push', {
      lastSync: first.syncTime,
      phaseStats: [phaseStatistic('1', 's1')],
    });
    expect(again.idMappings.phaseStats).toEqual(first.idMappings.phaseStats);
    expect((await the().seen()).phaseStats).toHaveLength(1);
  });

  it('a child under a row number that names its parent by the server id now is the same child', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const first = await a.request('push', {
      sessions: [session('1')],
      phaseStats: [phaseStatistic('7', '1')],
    });
    const { 1: parent } = first.idMappings.sessions;
    const named = phaseStatistic('7', parent, { concentricKgAvg: 2, updatedAt: T + 1 });
    const second = await a.request('push', { lastSync: first.syncTime, phaseStats: [named] });
    expect(second.idMappings.phaseStats).toEqual(first.idMappings.phaseStats);
    const { phaseStats } = await b.request('pull', {});
    expect(phaseStats).toMatchObject([{ concentricKgAvg: 2 }]);
  });

  it('a child that waited for its parent under a name that became an alias is repeated as the same child', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const { idMappings } = await a.request('push', { sessions: [session('abc')] });
    const child = { phaseStats: [phaseStatistic('7', '5')] };
    const first = await b.request('push', child);
    await b.request('push', { sessions: [session('5', { serverId: idMappings.sessions?.['abc'] })] });
    const again = await b.request('push', child);
    expect(again.idMappings.phaseStats).toEqual(first.idMappings.phaseStats);
    expect((await the().seen()).phaseStats).toHaveLength(1);
  });

  it('a child sent twice in one push, with both names of its parent, is one', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const { idMappings } = await a.request('push', { sessions: [session('1')] });
    const { 1: parent } = idMappings.sessions;
    await a.request('push', {
      phaseStats: [phaseStatistic('7', '1'), phaseStatistic('7', parent, { updatedAt: T + 1 })],
    });
    const { phaseStats } = await b.request('pull', {});
    expect(phaseStats).toHaveLength(1);
  });

  it('a number used for three badges shows no two of them under one id', async () => {
    const phone = the().phone('a');
    const { syncTime: lastSync } = await phone.request('push', {
      badges: [badge('1', 'streak_3'), badge('2', 'streak_7')],
    });
    // Installed anew: the numbers have changed places; and once more: number 1 is something new.
    await phone.request('push', { lastSync, badges: [badge('1', 'streak_7'), badge('2', 'streak_3')] });
    await phone.request('push', { lastSync, badges: [badge('1', 'streak_30')] });
    const { badges } = await phone.request('pull', { lastSync: 5 });
    expect(badges).toHaveLength(3);
    expect(different(badges.map((b) => b.clientId))).toBe(3);
  });

  it('a number that named another phone’s badge first shows no two badges under one id', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    await b.request('push', { badges: [badge('77', 'streak_7')] });
    await a.request('push', { badges: [badge('1', 'streak_7')] });
    await a.request('push', { badges: [badge('1', 'streak_30')] });
    const { badges } = await a.request('pull', { lastSync: 5 });
    expect(badges).toHaveLength(2);
    expect(different(badges.map((x) => x.clientId))).toBe(2);
  });

  it('an id introduced with a server id and used again in the same push is one record', async () => {
    const phone = the().phone('a');
    const { syncTime: lastSync, idMappings } = await phone.request('push', { sessions: [session('X')] });
    const serverId = idMappings.sessions.X;
    const named = [session('Y', { serverId, updatedAt: T + 1 }), session('Y', { rpe: 7, updatedAt: T + 2 })];
    const after = [session('Z', { rpe: 8, updatedAt: T + 3 }), session('Z', { serverId, updatedAt: T + 4 })];
    for (const sessions of [named, after]) await phone.request('push', { lastSync, sessions });
    expect((await the().seen()).sessions).toHaveLength(1);
  });

  it('one id in two letter cases in one push is one record', async () => {
    const id = randomUUID();
    const { idMappings } = await the()
      .phone()
      .request('push', { sessions: [session(id), session(id.toUpperCase(), { rpe: 7, updatedAt: T + 1 })] });
    expect(Object.keys(idMappings.sessions)).toHaveLength(2);
    expect(different(Object.values(idMappings.sessions))).toBe(1);
  });

  it('server ids of another account name nothing', async () => {
    const { idMappings } = await the()
      .phone('a')
      .request('push', { sessions: [session('mine')], routines: [routine('R')] });
    const [mine, parent] = [idMappings.sessions.mine, idMappings.routines.R];
    const stranger = await new Bench(the().app).open();
    const theirs = await stranger.phone('a').request('push', {
      sessions: [session('n1', { serverId: mine }), session('n2', { serverId: parent }), session(mine)],
      supersets: [superset('s', parent)],
    });
    expect(Object.values(theirs.idMappings.sessions)).not.toContain(mine);
    expect((await stranger.seen()).supersets).toEqual([]);
    expect((await the().seen()).sessions).toMatchObject([{ clientId: 'mine' }]);
  });

  it('a server id names a record of its own collection only, in any letter case', async () => {
    const phone = the().phone('a');
    const first = await phone.request('push', { routines: [routine('R')] });
    const parent = first.idMappings.routines.R;
    const second = await phone.request('push', {
      lastSync: first.syncTime,
      sessions: [session('n', { serverId: parent })],
      supersets: [superset('s', parent.toUpperCase()), superset('t', 'r')],
    });
    expect(second.idMappings.sessions.n).not.toBe(parent);
    expect((await the().seen()).supersets.map((s) => s.routineId)).toEqual(['R', 'R']);
  });

  it('natural keys and numbers of two phones in one push make no second record', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    await a.request('push', {
      badges: [badge('1', 'x'), badge('2', 'y')],
      records: [personalRecord('1'), personalRecord('2', { weight: 30 })],
    });
    await b.request('push', {
      badges: [
        badge('7', 'x'),
        badge('8', 'x', { celebratedAt: T, updatedAt: T + 1 }),
        badge('1', 'y'),
        badge('9', 'new'),
        badge('10', 'new'),
      ],
      records: [personalRecord('1', { weight: 30 }), personalRecord('2')],
    });
    const all = await the().seen();
    expect([all.badges.length, all.records.length]).toEqual([3, 2]);
    const { badges } = await b.request('pull', { lastSync: 3 });
    expect(different(badges.map((x) => x.clientId))).toBe(3);
  });

  it('device ids that begin alike keep their numbers apart', async () => {
    const [long, short] = [the().phone('x/1'), the().phone('x')];
    await long.request('push', { routines: [routine('1')], supersets: [superset('2', '1')] });
    await short.request('push', {
      routines: [routine('1', { name: 'b' })],
      supersets: [superset('2', '1')],
    });
    const all = await the().seen();
    expect([all.routines.length, all.supersets.length]).toEqual([2, 2]);
    expect(new Set(all.supersets.map((s) => s.routineId))).toEqual(
      new Set(all.routines.map((r) => r.serverId)),
    );
    const { supersets } = await short.request('pull', { lastSync: 9 });
    expect(supersets.map((s) => s.routineId)).toContain('1');
  });
});
