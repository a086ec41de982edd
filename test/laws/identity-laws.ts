import { randomUUID } from 'node:crypto';
import type { WireRecord } from '../support/phone.js';
import { LawBench, shownAs, T } from './law-bench.js';

export function identityLaws(the: () => LawBench): void {
  it('gives another phone the whole record, value by value', async () => {
    const record = the().record(1, { somethingNew: { a: [1, 'é', null, 0.1] }, other: null });
    const pushed = await the().phone().request('push', the().body(record));
    const pulled = await the().phone().request('pull', {});
    expect(the().own(pulled)).toEqual([shownAs(record, the().idOf(pushed, record.clientId))]);
  });

  it('takes a push sent three times at once as one', async () => {
    const body = the().body(the().record(1), the().record(2));
    const phone = the().phone();
    const answers = await Promise.all([1, 2, 3].map(() => phone.request('push', body)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.idMappings))).size).toBe(1);
    expect(the().own(await the().phone().request('pull', {}))).toHaveLength(2);
    const before = await the().state();
    await phone.request('push', body);
    expect(await the().state()).toEqual(before);
  });

  it('knows an id in any letter case and echoes it as it was sent', async () => {
    const record = the().record(1);
    const upper = { ...record, clientId: record.clientId.toUpperCase() };
    const first = await the().phone().request('push', the().body(record));
    const again = await the().phone().request('push', the().body(upper));
    expect(the().idOf(again, upper.clientId)).toBe(the().idOf(first, record.clientId));
    expect(the().own(await the().phone().request('pull', {}))).toHaveLength(1);
  });

  it('keeps the row numbers of two phones apart, and shows each the other’s by its server id', async () => {
    const [a, b] = [the().phone('a'), the().phone('b')];
    const first = the().idOf(await a.request('push', the().body(the().record(1, { clientId: '1' }))), '1');
    const second = the().idOf(await b.request('push', the().body(the().record(2, { clientId: '1' }))), '1');
    expect(second).not.toBe(first);
    const pulled = the().own(await the().phone('c').request('pull', {}));
    expect(pulled.map(({ clientId }) => clientId).toSorted()).toEqual([first, second].toSorted());
    const back = the().own(await a.request('pull', { lastSync: 1 }));
    expect(back.find(({ serverId }) => serverId === first)?.clientId).toBe('1');
    // Another phone edits it under the id it was shown, and makes no second record.
    const shown = pulled.find(({ serverId }) => serverId === first) as WireRecord;
    await b.request('push', the().body({ ...shown, ...the().change(9), serverId: null, updatedAt: T + 9 }));
    expect(the().own(await the().phone('d').request('pull', {}))).toHaveLength(2);
  });

  it('lets the server id win over the client id, inside the account only', async () => {
    const record = the().record(1);
    const serverId = the().idOf(await the().phone().request('push', the().body(record)), record.clientId);
    const renamed = { ...record, ...the().change(5), clientId: randomUUID(), serverId, updatedAt: T + 1 };
    const answer = await the().phone().request('push', the().body(renamed));
    expect(the().idOf(answer, renamed.clientId)).toBe(serverId);
    const stranger = await new LawBench(the().app, the().definition).open();
    const theirs = await stranger.phone().request('push', stranger.body({ ...renamed, updatedAt: T + 2 }));
    expect(stranger.idOf(theirs, renamed.clientId)).not.toBe(serverId);
    expect(the().own(await the().phone().request('pull', {}))).toMatchObject([{ updatedAt: T + 1 }]);
  });

  it('keeps the same ids of two accounts apart', async () => {
    const stranger = await new LawBench(the().app, the().definition).open();
    const record = the().record(1);
    const mine = the().idOf(await the().phone('same').request('push', the().body(record)), record.clientId);
    const theirs = stranger.idOf(
      await stranger.phone('same').request('push', stranger.body({ ...record, ...stranger.change(7) })),
      record.clientId,
    );
    expect(theirs).not.toBe(mine);
    expect(the().own(await the().phone().request('pull', {}))).toEqual([shownAs(record, mine)]);
  });

  it('takes the newest of two states in one push and keeps the other', async () => {
    const record = the().record(1);
    const newer = { ...record, ...the().change(6), updatedAt: T + 6 };
    for (const pair of [
      [record, newer],
      [newer, record],
    ]) {
      const bench = await new LawBench(the().app, the().definition).open();
      const answer = await bench.phone().request('push', bench.body(...pair));
      const serverId = bench.idOf(answer, record.clientId);
      expect(bench.own(await bench.phone().request('pull', {}))).toEqual([shownAs(newer, serverId)]);
      expect((await bench.history(serverId)).map((state) => state.record['updatedAt'])).toEqual([T]);
    }
  });
}
