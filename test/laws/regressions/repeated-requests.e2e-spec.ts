import { randomUUID } from 'node:crypto';
import { Bench, benches, liveSession, session, T } from './bench.js';

const deleted = (at: number) => [session('x', { deletedAt: at, updatedAt: at })];

describe('requests that are repeated, late or made at once', () => {
  const the = benches();

  it.each(['zero', 'the cursor of the first answer'])(
    'a second partial push against a head the phone never saw, with %s, still leads to the rest',
    async (cursor) => {
      const [a, b] = [the().phone('a'), the().phone('b')];
      const id = randomUUID();
      await b.request('push', { sessions: [session(id, { rpe: 9, exerciseName: 'from b' })] });
      const one = await a.request('push', {
        lastSync: 0,
        sessions: [session(id, { weightPerCableKg: 21, updatedAt: T + 1 })],
      });
      const lastSync = cursor === 'zero' ? 0 : one.syncTime;
      const two = await a.request('push', {
        lastSync,
        sessions: [session(id, { weightPerCableKg: 22, updatedAt: T + 2 })],
      });
      for (const from of [lastSync, two.syncTime]) {
        const { sessions } = await a.request('pull', { lastSync: from });
        expect(sessions).toMatchObject([{ rpe: 9, weightPerCableKg: 22 }]);
      }
    },
  );

  it('a late duplicate of an earlier partial request of the same phone changes nothing', async () => {
    const phone = the().phone('a');
    const id = randomUUID();
    await phone.request('push', { sessions: [session(id)] });
    const early = { lastSync: 0, sessions: [{ clientId: id, mode: 'one', updatedAt: T + 1 }] };
    await phone.request('push', early);
    await phone.request('push', {
      lastSync: 0,
      sessions: [{ clientId: id, mode: 'two', targetReps: 77, updatedAt: T + 2 }],
    });
    const clock = await the().clock();
    await phone.request('push', early);
    expect((await the().seen()).sessions).toMatchObject([{ mode: 'two', targetReps: 77 }]);
    expect(await the().clock()).toBe(clock);
  });

  it('a late duplicate of a first-generation push changes nothing after another phone filled in more', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const early = { lastSync: 0, sessions: [session(id)] };
    await a.request('push', early);
    const { syncTime } = await b.request('pull', {});
    await b.request('push', { lastSync: syncTime, sessions: [session(id, { rpe: 8, updatedAt: T + 1 })] });
    const heavier = session(id, { weightPerCableKg: 30, updatedAt: T + 2 });
    await a.request('push', { lastSync: 0, sessions: [heavier] });
    const clock = await the().clock();
    await a.request('push', early);
    expect((await the().seen()).sessions).toMatchObject([{ weightPerCableKg: 30 }]);
    expect(await the().clock()).toBe(clock);
    expect(await the().history('sessions')).toHaveLength(2);
  });

  it('a superseded first request repeated by a restored phone changes nothing and is answered with the head', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const early = { lastSync: 0, sessions: [liveSession(id)] };
    const { syncTime } = await a.request('push', early);
    const edited = liveSession(id, { rpe: 5, updatedAt: T + 1 });
    await a.request('push', { lastSync: syncTime, sessions: [edited] });
    const clock = await the().clock();
    const again = await b.request('push', early);
    expect(again.superseded).toMatchObject([{ record: { rpe: 5 } }]);
    expect(await the().clock()).toBe(clock);
    expect((await b.request('pull', { lastSync: 0 })).sessions).toMatchObject([{ rpe: 5 }]);
  });

  it('a phone that repeats what it was told is superseded is owed the head until it has it', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const first = await a.request('push', { sessions: [liveSession(id)] });
    const seen = await b.request('pull', {});
    const edited = liveSession(id, { rpe: 8, updatedAt: T + 5 });
    await b.request('push', { lastSync: seen.syncTime, sessions: [edited] });
    const { syncTime } = await a.request('pull', { lastSync: first.syncTime });
    const again = await a.request('push', { lastSync: syncTime, sessions: [liveSession(id)] });
    expect(again.superseded).toHaveLength(1);
    for (const lastSync of [syncTime, again.syncTime])
      expect((await a.request('pull', { lastSync })).sessions).toMatchObject([{ rpe: 8 }]);
    expect((await a.status(again.syncTime)).pendingChanges).toBe(1);
    const delivered = await a.request('pull', { lastSync: again.syncTime });
    expect((await a.request('pull', { lastSync: delivered.syncTime })).sessions).toEqual([]);
  });

  it('a push that conflicts, sent three times at once, is one', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const first = await a.request('push', { sessions: [liveSession(id)] });
    const { syncTime: lastSync } = await b.request('pull', {});
    const winner = liveSession(id, { rpe: 9, updatedAt: T + 9 });
    await a.request('push', { lastSync: first.syncTime, sessions: [winner] });
    const loser = liveSession(id, { rpe: 8, updatedAt: T + 5 });
    const body = { lastSync, sessions: [loser, liveSession('n1'), liveSession('1')] };
    const answers = await Promise.all([1, 2, 3].map(() => b.request('push', body)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.idMappings))).size).toBe(1);
    expect(await the().history('sessions')).toHaveLength(2);
    for (const { syncTime } of answers) {
      const { sessions } = await b.request('pull', { lastSync: syncTime });
      expect(sessions.filter((s) => s.clientId === id)).toHaveLength(1);
    }
  });

  it.each([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])('three states of one record in the order %i %i %i: the newest is the head, once', async (...order) => {
    for (const known of [false, true]) {
      const bench = await new Bench(the().app).open();
      const phone = bench.phone('a');
      const before = known ? await phone.request('push', { sessions: [session('q')] }) : { syncTime: 0 };
      const states = order.map((n) => session('q', { rpe: n + 1, updatedAt: T + n + 1 }));
      const body = { lastSync: before.syncTime, sessions: states };
      await phone.request('push', body);
      const clock = await bench.clock();
      await phone.request('push', body);
      expect(await bench.clock()).toBe(clock);
      expect((await bench.seen()).sessions.map((s) => s.rpe)).toEqual([3]);
      const kept = (await bench.history('sessions')).map(({ content }) => content.rpe);
      expect(new Set(kept)).toEqual(new Set(known ? [null, 1, 2] : [1, 2]));
      expect(kept).toHaveLength(known ? 3 : 2);
    }
  });

  it('a set pushed again after another phone deleted it stays deleted, and its phone is told', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    await a.request('push', { sessions: [session(id)] });
    const { syncTime } = await b.request('pull', {});
    await b.request('push', { lastSync: syncTime, sessions: [{ clientId: id, deletedAt: T + 9 }] });
    const again = await a.request('push', { lastSync: 0, sessions: [session(id)] });
    expect(again.superseded).toMatchObject([{ record: { deletedAt: T + 9 } }]);
    expect((await a.request('pull', { lastSync: 0 })).sessions).toMatchObject([{ deletedAt: T + 9 }]);
  });

  it('a new phone whose record loses to a deletion is told of it', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const id = randomUUID();
    const first = await a.request('push', { sessions: [liveSession(id)] });
    const deleted = liveSession(id, { deletedAt: T + 9, updatedAt: T + 9 });
    await a.request('push', { lastSync: first.syncTime, sessions: [deleted] });
    const older = liveSession(id, { rpe: 4, updatedAt: T + 3 });
    const lost = await b.request('push', { lastSync: 0, sessions: [older] });
    expect(lost.superseded).toHaveLength(1);
    for (const lastSync of [0, lost.syncTime])
      expect((await b.request('pull', { lastSync })).sessions).toMatchObject([{ deletedAt: T + 9 }]);
  });

  it('a record deleted by two phones needs no further download by the second', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const first = await a.request('push', { sessions: [session('x')] });
    const seen = await b.request('pull', {});
    await a.request('push', { lastSync: first.syncTime, sessions: deleted(T + 10) });
    const second = await b.request('push', { lastSync: seen.syncTime, sessions: deleted(T + 20) });
    expect((await b.request('pull', { lastSync: second.syncTime })).sessions).toEqual([]);
  });

  it('of three edits by fast clocks, none of which saw another, the last to arrive is the head', async () => {
    const year = 365 * 24 * 60 * 60_000;
    const id = randomUUID();
    await the()
      .phone()
      .request('push', { sessions: [liveSession(id)] });
    const phones = ['a', 'b', 'c'].map((name) => the().phone(name));
    const seen = await Promise.all(phones.map((phone) => phone.request('pull', {})));
    for (const [n, ahead] of [year, year / 2, 5000].entries()) {
      const edited = liveSession(id, { rpe: n + 1, updatedAt: Date.now() + ahead });
      await phones[n].request('push', { lastSync: seen[n].syncTime, sessions: [edited] });
    }
    expect((await the().seen()).sessions.map((s) => s.rpe)).toEqual([3]);
  });

  it('a record whose hashes are of an older server is known by what it says', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const body = { sessions: [session('x', { weightPerCableKg: 83.2, note: { unknown: 1 } })] };
    const { syncTime: lastSync } = await a.request('push', body);
    await the().forgetHashes('workout_sessions');
    const clock = await the().clock();
    for (const phone of [a, b]) await phone.request('push', { ...body, lastSync });
    expect(await the().clock()).toBe(clock);
    expect(await the().history('sessions')).toEqual([]);
    await a.request('push', {
      lastSync,
      sessions: [session('x', { weightPerCableKg: 83.3, updatedAt: T + 1 })],
    });
    expect(await the().history('sessions')).toHaveLength(1);
  });

  it('lower totals pushed again and again do not move the clock', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    await a.request('push', { gamificationStats: { clientId: '1', totalWorkouts: 10, updatedAt: T } });
    let { syncTime: lastSync } = await b.request('pull', {});
    const clocks: number[] = [];
    for (let n = 0; n < 4; n++) {
      const lower = { clientId: '1', totalWorkouts: 3, updatedAt: T + 9 };
      await b.request('push', { lastSync, gamificationStats: lower });
      lastSync = (await b.request('pull', { lastSync })).syncTime;
      clocks.push(await the().clock());
    }
    expect(new Set(clocks.slice(1)).size).toBe(1);
  });

  it('a phone that pushed lower totals is told the higher ones', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    await a.request('push', { gamificationStats: { clientId: '1', totalWorkouts: 10, updatedAt: T } });
    const lower = { clientId: '1', totalWorkouts: 3, updatedAt: T + 9 };
    const { syncTime } = await b.request('push', { lastSync: 0, gamificationStats: lower });
    for (const lastSync of [0, syncTime]) {
      const { gamificationStats } = await b.request('pull', { lastSync });
      expect(gamificationStats).toMatchObject({ totalWorkouts: 10 });
    }
  });
});
