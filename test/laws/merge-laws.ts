import { randomUUID } from 'node:crypto';
import { fieldsOf } from '../../src/common/fields.js';
import { type LawBench, shownAs, T } from './law-bench.js';

export function mergeLaws(the: () => LawBench): void {
  it('keeps what absent keys do not mention, clears what an explicit null clears', async () => {
    const record = the().record(1, { extra1: 'kept', extra2: 'replaced' });
    const phone = the().phone();
    const serverId = the().idOf(await phone.request('push', the().body(record)), record.clientId);
    const fields = fieldsOf(the().definition.entity);
    const nulls = Object.fromEntries(
      fields.filter((f) => f.nullable || f.default !== undefined).map(({ name }) => [name, null]),
    );
    const partial = { clientId: record.clientId, updatedAt: T + 1, ...the().change(3), extra2: 2 };
    await phone.request('push', { [the().definition.name]: [partial] });
    const expected = shownAs({ ...record, ...partial }, serverId);
    expect(the().own(await the().phone().request('pull', {}))).toEqual([expected]);
    await phone.request('push', { [the().definition.name]: [{ clientId: record.clientId, ...nulls }] });
    const cleared = Object.fromEntries(fields.filter((f) => f.nullable).map(({ name }) => [name, null]));
    expect(the().own(await the().phone().request('pull', {}))).toEqual([{ ...expected, ...cleared }]);
  });

  it('fills a new record of required keys only with the defaults', async () => {
    const fields = fieldsOf(the().definition.entity);
    const full = the().record(1);
    const optional = fields.filter((f) => f.nullable || f.default !== undefined);
    const bare = Object.fromEntries(
      Object.entries(full).filter(([key]) => !optional.some(({ name }) => name === key)),
    );
    const nulled = {
      ...bare,
      ...Object.fromEntries(optional.map(({ name }) => [name, null])),
      clientId: randomUUID(),
    };
    const parents = the().body(full);
    const answer = await the()
      .phone()
      .request('push', { ...parents, [the().definition.name]: [bare, nulled] });
    expect(answer.rejected).toEqual([]);
    const defaults = Object.fromEntries(optional.map((field) => [field.name, field.default ?? null]));
    for (const record of the().own(await the().phone().request('pull', {})))
      expect(record).toMatchObject({ ...bare, clientId: record.clientId, ...defaults });
  });
}
