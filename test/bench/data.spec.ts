import { compileValidator } from '../../src/common/compile-validator.js';
import { fieldsOf } from '../../src/common/fields.js';
import { readUpload } from '../../src/metrics/read-upload.js';
import { PersonalRecord } from '../../src/sessions/personal-record.entity.js';
import { PhaseStatistic } from '../../src/sessions/phase-statistic.entity.js';
import { WorkoutSession } from '../../src/sessions/workout-session.entity.js';
import { asFloat } from './data/float.js';
import { randomFrom } from './data/random.js';
import { Training, type WireRecord } from './data/records.js';
import { makeSamples } from './data/samples.js';
import { idSlot, Template, timeSlot } from './data/template.js';
import { decimalDeltaColumns, sizeByXz } from './data/tightest.js';
import { KINDS } from './reference/schema.js';

const AT = 1_769_000_000_000;
const naming = { clientId: '0b23c5f9-762c-4f36-8a56-bbfeb45bb5b3', at: AT };

const makers: { entity: { prototype: object }; make: (training: Training) => WireRecord }[] = [
  { entity: WorkoutSession, make: (training) => training.session(naming) },
  { entity: WorkoutSession, make: (training) => training.plainSession(naming) },
  { entity: PersonalRecord, make: (training) => training.personalRecord(naming, 'session') },
  { entity: PhaseStatistic, make: (training) => training.phaseStatistic(naming, 'session') },
];

describe('records of a measurement', () => {
  it.each(makers)('pass every rule of their collection, and have no unknown key', ({ entity, make }) => {
    const fields = fieldsOf(entity);
    const names = new Set(['clientId', 'serverId', ...fields.map(({ name }) => name)]);
    const validate = compileValidator(fields);
    const training = new Training(1);
    for (let i = 0; i < 200; i++) {
      const record = make(training);
      expect(validate(record)).toBeNull();
      expect(Object.keys(record).filter((key) => !names.has(key))).toEqual([]);
    }
  });

  it.each(makers)('are the same for the same seed, and others for another', ({ make }) => {
    const of = (seed: number) => {
      const training = new Training(seed);
      return JSON.stringify([make(training), make(training)]);
    };
    expect(of(3)).toBe(of(3));
    expect(of(3)).not.toBe(of(4));
  });

  it('are whole sets of 42 keys, or those of the first generation with 13', () => {
    const training = new Training(1);
    expect(Object.keys(training.session(naming))).toHaveLength(42);
    expect(Object.keys(training.plainSession(naming))).toHaveLength(13);
  });

  it('pass the checks of the reference server too', () => {
    const training = new Training(1);
    const [sessions, records, phaseStats] = KINDS;
    expect(sessions.isValid(training.session(naming))).toBe(true);
    expect(records.isValid(training.personalRecord(naming, 'session'))).toBe(true);
    expect(phaseStats.isValid(training.phaseStatistic(naming, 'session'))).toBe(true);
    expect(sessions.isValid({ ...training.session(naming), targetReps: 'many' })).toBe(false);
  });
});

describe('samples of a measurement', () => {
  it('are the same for the same seed', () => {
    expect(makeSamples(5, 100)).toEqual(makeSamples(5, 100));
    expect(makeSamples(5, 100)).not.toEqual(makeSamples(6, 100));
  });

  it('are 50 a second, in order of time, and an upload the server takes', async () => {
    const samples = makeSamples(5, 4000);
    const times = samples.map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect((times[3999] - times[0]) / 4000).toBeGreaterThan(19);
    expect((times[3999] - times[0]) / 4000).toBeLessThan(21);
    const read = await readUpload({ deviceId: 'phone', samples });
    expect(read.samples.count).toBe(4000);
  });

  it('are printed as float32, which is what is kept of them', () => {
    for (const { velocity, power } of makeSamples(5, 500))
      for (const value of [velocity, power]) if (value !== null) expect(asFloat(value)).toBe(value);
  });

  it('become columns that xz packs, where there is one', () => {
    const columns = decimalDeltaColumns(makeSamples(5, 1000));
    expect(columns).toHaveLength(1000 * 4 * 9);
    const size = sizeByXz(columns);
    if (size !== null) expect(size).toBeLessThan(columns.length / 2);
  });
});

describe('a template', () => {
  const body = { id: idSlot(0), again: [idSlot(1), idSlot(0)], at: timeSlot(0), left: AT };
  const ids = ['a', 'b'].map((letter) => letter.repeat(36));

  it('takes ids and times, every time anew', () => {
    const template = new Template(body);
    const first = template.with({ ids, times: [AT + 1] });
    template.with({ ids: ids.toReversed(), times: [AT + 2] });
    expect(JSON.parse(first.toString())).toEqual({
      id: ids[0],
      again: [ids[1], ids[0]],
      at: AT + 1,
      left: AT,
    });
  });

  it('refuses what does not fit', () => {
    const template = new Template(body);
    expect(() => template.with({ ids, times: [0] })).toThrow('0 is not 13 characters');
    expect(() => template.with({ ids: ['short', 'b'], times: [AT] })).toThrow('short');
    expect(() => new Template({ name: 'é' })).toThrow('ASCII');
  });
});

it('chance is the same for the same seed', () => {
  const [first, second] = [1, 1].map((seed) => Array.from({ length: 5 }, randomFrom(seed)));
  expect(first).toEqual(second);
  expect(first.every((value) => value >= 0 && value < 1)).toBe(true);
});
