import { randomUUID } from 'node:crypto';
import type { WireRecord } from '../../support/phone.js';
import { benches, liveSession, session, T } from './bench.js';

describe('records of which only a part is sent', () => {
  const the = benches();

  /** Two phones that both hold one session; `edit` pushes a part of it from what its phone has seen. */
  async function shared() {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const { syncTime: seenByA } = await a.request('push', { sessions: [liveSession(id)] });
    const { syncTime: seenByB } = await b.request('pull', {});
    const edit = (lastSync: number, values: object) => ({
      lastSync,
      sessions: [{ clientId: id, ...values }],
    });
    return { a, b, id, seenByA, seenByB, edit };
  }

  it.each(['before', 'after'])(
    'a new record that comes %s its own partial deletion is taken whole, and deleted',
    async (place) => {
      const id = randomUUID();
      const sessions: WireRecord[] = [
        session(id, { rpe: 7 }),
        { clientId: id, deletedAt: T + 5, updatedAt: T + 5 },
      ];
      if (place === 'after') sessions.reverse();
      const { rejected } = await the().phone().request('push', { sessions });
      expect(rejected).toEqual([]);
      expect((await the().seen(1)).sessions).toMatchObject([{ deletedAt: T + 5, rpe: 7 }]);
    },
  );

  it('a newer state with only the required fields keeps the optional ones', async () => {
    const id = randomUUID();
    await the()
      .phone()
      .request('push', {
        sessions: [session(id, { rpe: 7 }), session(id, { updatedAt: T + 5, weightPerCableKg: 30 })],
      });
    expect((await the().seen()).sessions).toMatchObject([{ weightPerCableKg: 30, rpe: 7 }]);
  });

  it('two partial edits of different fields in one push are both kept', async () => {
    const phone = the().phone('a');
    const id = randomUUID();
    const { syncTime } = await phone.request('push', { sessions: [session(id)] });
    await phone.request('push', {
      lastSync: syncTime,
      sessions: [
        { clientId: id, mode: 'x', updatedAt: T + 1 },
        { clientId: id, rpe: 9, updatedAt: T + 2 },
      ],
    });
    expect((await the().seen()).sessions).toMatchObject([{ mode: 'x', rpe: 9 }]);
  });

  it('a phone that sent a part is sent unknown keys that are names of Object’s prototype', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const odd = {
      toString: 'kept',
      hasOwnProperty: 1,
      constructor: 'c',
      version: 3,
      userId: 'u',
      extra: { a: 1 },
    };
    await b.request('push', { sessions: [session(id, odd)] });
    await a.request('push', { lastSync: 0, sessions: [session(id)] });
    const { sessions } = await a.request('pull', { lastSync: 0 });
    expect(sessions).toHaveLength(1);
    expect(Object.entries(sessions[0])).toEqual(expect.arrayContaining(Object.entries(odd)));
  });

  it('a phone that sent all but toString is sent it', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    await b.request('push', { sessions: [session(id, { toString: 'kept' })] });
    await a.request('push', { lastSync: 0, sessions: [session(id)] });
    const { sessions } = await a.request('pull', { lastSync: 0 });
    expect(sessions.map((s) => Object.hasOwn(s, 'toString'))).toEqual([true]);
  });

  it('an edit that does not speak of deletion, and is newer, brings a deleted record back', async () => {
    const { a, b, id, seenByA, seenByB, edit } = await shared();
    await a.request('push', edit(seenByA, { deletedAt: T + 9 }));
    const newer = session(id, { weightPerCableKg: 33, updatedAt: T + 20 });
    await b.request('push', { lastSync: seenByB, sessions: [newer] });
    expect((await the().seen(1)).sessions).toMatchObject([{ deletedAt: null, weightPerCableKg: 33 }]);
  });

  it('an older partial edit of another field loses to an unseen head, and its phone is told', async () => {
    const { a, b, seenByA, seenByB, edit } = await shared();
    await a.request('push', edit(seenByA, { rpe: 9, updatedAt: T + 9 }));
    const { superseded } = await b.request('push', edit(seenByB, { mode: 'q', updatedAt: T + 5 }));
    expect(superseded).toMatchObject([{ collection: 'sessions', record: { rpe: 9, mode: 'Pump' } }]);
  });

  it('a partial edit that wins against an unseen head is sent back once', async () => {
    const { a, b, seenByA, seenByB, edit } = await shared();
    await a.request('push', edit(seenByA, { rpe: 9, updatedAt: T + 5 }));
    const { syncTime } = await b.request('push', edit(seenByB, { mode: 'q', updatedAt: T + 9 }));
    const pulled = await b.request('pull', { lastSync: syncTime });
    expect(pulled.sessions).toMatchObject([{ rpe: 9, mode: 'q' }]);
    expect((await b.request('pull', { lastSync: pulled.syncTime })).sessions).toEqual([]);
    const other = await a.request('pull', { lastSync: seenByA });
    expect(other.sessions).toMatchObject([{ rpe: 9, mode: 'q' }]);
  });

  it('a phone that lost, and edits again before it pulls, misses nothing of the head', async () => {
    const { a, b, seenByA, seenByB, edit } = await shared();
    await a.request('push', edit(seenByA, { rpe: 9, updatedAt: T + 9 }));
    const lost = await b.request('push', edit(seenByB, { mode: 'q', updatedAt: T + 5 }));
    const won = await b.request('push', edit(lost.syncTime, { mode: 'z', updatedAt: T + 12 }));
    const { sessions } = await b.request('pull', { lastSync: won.syncTime });
    expect(sessions).toMatchObject([{ rpe: 9, mode: 'z' }]);
  });

  it('a phone that repeated an old state, then edits a part, is still owed the head', async () => {
    const { a, b, id, seenByA, seenByB, edit } = await shared();
    const newer = liveSession(id, { rpe: 8, updatedAt: T + 5 });
    await b.request('push', { lastSync: seenByB, sessions: [newer] });
    const { syncTime } = await a.request('pull', { lastSync: seenByA });
    const stale = await a.request('push', { lastSync: syncTime, sessions: [liveSession(id)] });
    expect(stale.superseded).toHaveLength(1);
    const edited = await a.request('push', edit(syncTime, { mode: 'q', updatedAt: T + 50 }));
    const { sessions } = await a.request('pull', { lastSync: edited.syncTime });
    expect(sessions).toMatchObject([{ rpe: 8, mode: 'q' }]);
  });

  it('totals of two phones are merged field by field, and a streak keeps its own dates', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const totals = { clientId: '1', totalWorkouts: 10, longestStreak: 4, currentStreak: 4, updatedAt: T };
    await a.request('push', {
      gamificationStats: { ...totals, lastWorkoutDate: T, streakStartDate: T - 4 },
    });
    const { syncTime } = await b.request('push', {
      lastSync: 0,
      gamificationStats: {
        ...totals,
        totalWorkouts: 3,
        longestStreak: 9,
        currentStreak: 1,
        updatedAt: T + 5,
      },
    });
    const { gamificationStats } = await b.request('pull', { lastSync: syncTime });
    expect(gamificationStats).toMatchObject({ totalWorkouts: 10, longestStreak: 9, currentStreak: 4 });
  });
});
