import { type LawBench, T } from './law-bench.js';

export function conflictLaws(the: () => LawBench): void {
  const twoEdits = async (first: object, second: object) => {
    const record = the().record(1);
    const [a, b] = [the().phone('a'), the().phone('b')];
    const pushed = await a.request('push', the().body(record));
    const cursor = (await b.request('pull', {})).syncTime;
    await a.request('push', {
      lastSync: pushed.syncTime,
      [the().definition.name]: [{ ...record, ...first }],
    });
    const answer = await b.request('push', {
      lastSync: cursor,
      [the().definition.name]: [{ ...record, ...second }],
    });
    const head = the().own(await the().phone('c').request('pull', { lastSync: 1 }))[0];
    return { record, head, answer, serverId: the().idOf(answer, record.clientId), a, b };
  };

  it('lets an edit win that had seen the head, whatever its clock says', async () => {
    const record = the().record(1);
    const [a, b] = [the().phone(), the().phone()];
    await a.request('push', the().body(record));
    const { syncTime } = await b.request('pull', {});
    const older = { ...record, ...the().change(2), updatedAt: T - 5_000_000 };
    const answer = await b.request('push', { lastSync: syncTime, [the().definition.name]: [older] });
    expect(answer.superseded).toEqual([]);
    expect(the().own(await a.request('pull', { lastSync: syncTime }))).toMatchObject([older]);
  });

  it('lets the greater edit time win between edits that did not know of each other, and keeps the loser', async () => {
    const first = { ...the().change(2), updatedAt: T + 20 };
    const late = await twoEdits(first, { ...the().change(3), updatedAt: T + 30 });
    expect(late.head).toMatchObject({ ...the().change(3), updatedAt: T + 30 });
    expect((await the().history(late.serverId)).map((state) => state.record['updatedAt'])).toEqual([
      T,
      T + 20,
    ]);
  });

  it('tells a loser the winning head, owes it until it is there, and keeps what it said', async () => {
    const first = { ...the().change(2), updatedAt: T + 20 };
    const lost = await twoEdits(first, { ...the().change(3), updatedAt: T + 10 });
    expect(lost.head).toMatchObject(first);
    expect(lost.answer.superseded).toMatchObject([{ collection: the().definition.name, record: first }]);
    expect(the().own(await lost.b.request('pull', { lastSync: lost.answer.syncTime }))).toMatchObject([
      first,
    ]);
    const history = await the().history(lost.serverId);
    expect(history.map(({ reason, record }) => [reason, record['updatedAt']])).toEqual([
      ['replaced', T],
      ['lost', T + 10],
    ]);
    // The very same push again is no new edit.
    const before = await the().state();
    await lost.b.request('push', {
      lastSync: 1,
      [the().definition.name]: [{ ...lost.record, ...the().change(3), updatedAt: T + 10 }],
    });
    expect(await the().state()).toEqual(before);
  });

  it('lets a delete win over an edit of the same time, else the stored state', async () => {
    const edit = { ...the().change(2), updatedAt: T + 20 };
    const deleted = await twoEdits(edit, { updatedAt: T + 20, deletedAt: T + 20 });
    expect(deleted.head['deletedAt']).toBe(T + 20);
  });

  it('lets the stored state win over another of the same time', async () => {
    const stored = await twoEdits(
      { ...the().change(2), updatedAt: T + 20 },
      { ...the().change(3), updatedAt: T + 20 },
    );
    expect(stored.head).toMatchObject(the().change(2));
  });

  it('clamps a clock that is a year fast, so that later edits still win', async () => {
    const year = 365 * 86_400_000;
    const fast = { ...the().change(2), updatedAt: Date.now() + year };
    const { head } = await twoEdits(fast, { ...the().change(3), updatedAt: Date.now() + 2 * year });
    expect(head['updatedAt']).toBeGreaterThan(Date.now() + year);
    const [phone, record] = [the().phone(), the().record(5)];
    const pushed = await phone.request('push', the().body({ ...record, ...fast }));
    const next = await phone.request('push', {
      lastSync: pushed.syncTime,
      [the().definition.name]: [{ ...record, ...the().change(4), updatedAt: Date.now() }],
    });
    expect(next.superseded).toEqual([]);
  });

  it('brings a deleted record back by a later edit, with all it said', async () => {
    const record = the().record(1);
    const phone = the().phone();
    await phone.request('push', the().body(record));
    const { syncTime } = await phone.request('push', {
      [the().definition.name]: [{ clientId: record.clientId, deletedAt: T + 5 }],
    });
    const gone = the().own(await the().phone().request('pull', { lastSync: 1 }));
    expect(gone).toMatchObject([{ ...record, deletedAt: T + 5 }]);
    await phone.request('push', {
      lastSync: syncTime,
      [the().definition.name]: [{ clientId: record.clientId, deletedAt: null, updatedAt: T + 9 }],
    });
    expect(the().own(await the().phone().request('pull', {}))).toMatchObject([
      { ...record, updatedAt: T + 9 },
    ]);
  });

  it('restores an old state as an edit that wins and reaches every device', async () => {
    const first = { ...the().change(2), updatedAt: T + 20 };
    const { serverId, a, b, record } = await twoEdits(first, { ...the().change(3), updatedAt: T + 30 });
    const cursor = (await a.request('pull', { lastSync: 0 })).syncTime;
    const { status } = await b.send(`/api/sync/history/${the().definition.name}/${serverId}/1/restore`, {});
    expect(status).toBe(200);
    const original = Object.fromEntries(Object.keys(the().change(0)).map((key) => [key, record[key]]));
    for (const phone of [a, b])
      expect(the().own(await phone.request('pull', { lastSync: cursor }))).toMatchObject([original]);
    expect(await the().history(serverId)).toHaveLength(3);
  });
}
