import type { CollectionDefinition } from '../../src/sync/collection-definition.js';
import { spoiledRecords } from '../support/records.js';
import type { LawBench } from './law-bench.js';

export function refusalLaws(the: () => LawBench, definition: CollectionDefinition): void {
  it('refuses every spoiled record alone, with its reason, and keeps it once', async () => {
    const good = the().record(1);
    const spoiled = spoiledRecords(definition, () => the().record(2));
    const sections = the().body(good);
    const body = {
      ...sections,
      [definition.name]: [...spoiled.map(({ record }) => record), ...(sections[definition.name] ?? [])],
    };
    const phone = the().phone();
    const answer = await phone.request('push', body);
    expect(answer.rejected.map(({ code }) => code).toSorted()).toEqual(
      spoiled.map(({ code }) => code).toSorted(),
    );
    expect(the().own(await the().phone().request('pull', {}))).toMatchObject([good]);
    expect((await phone.request('push', body)).rejected).toEqual(answer.rejected);
    const kept = await the().app.owner.query({
      text: 'select record from rejected_records where user_id = $1',
      values: [the().account.userId],
    });
    const asSent = spoiled.map(({ record }) => JSON.stringify(record));
    expect(new Set(kept.map(({ record }) => record))).toEqual(new Set(asSent));
    expect(kept).toHaveLength(asSent.length);
  });
}
