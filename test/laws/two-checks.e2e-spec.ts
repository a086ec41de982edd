import '../../src/app.module.js';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { SyncModule } from '../../src/sync/sync.module.js';
import { recordOf, spoiledRecords } from '../support/records.js';
import { compileValidator } from '../../src/common/compile-validator.js';
import { fieldsOf } from '../../src/common/fields.js';

/**
 * One declaration, two checks: class-validator's rules, which the DTO carries, and the compiled schema, which records
 * are checked by. They must not drift apart.
 */
describe.each(SyncModule.definitions)('the two checks of $name', (definition) => {
  const { dto, entity } = definition;
  const compiled = compileValidator(fieldsOf(entity));
  const byRules = (record: unknown) => validateSync(plainToInstance(dto, record)).length === 0;
  /** What the push itself checks: whether a key may be absent, and what no column can hold. */
  const beyondSchema = ['record.missing_field', 'record.bad_text', 'record.too_deep', 'record.too_large'];

  it('both take a good record', () => {
    for (let n = 0; n < 5; n++) {
      const good = recordOf(definition, n);
      expect([compiled(good), byRules(good)]).toEqual([null, true]);
    }
  });

  const objects = spoiledRecords(definition, () => recordOf(definition, 1)).filter(
    ({ record, code }) =>
      code !== 'record.not_an_object' &&
      !beyondSchema.includes(code) &&
      !Object.hasOwn(record as object, 'zz'),
  );
  it.each(objects.map(({ what, record }) => [what, record] as const))('both refuse %s', (what, record) => {
    // U+0000 in an id is no matter of type or length: the collection refuses it itself.
    if (what.startsWith('U+0000')) return expect(byRules(record)).toBe(true);
    expect([compiled(record) === null, byRules(record)]).toEqual([false, false]);
  });
});
