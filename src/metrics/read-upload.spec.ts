import { AppError } from '../common/app-error.js';
import { readUpload } from './read-upload.js';
import { VALUE_COLUMNS } from './sample-columns.js';

const refusal = async (body: object) => {
  const error: unknown = await readUpload(body).catch((thrown: unknown) => thrown);
  if (!(error instanceof AppError)) throw new Error('it was not refused');
  return { code: error.code, errors: error.extras.errors ?? [] };
};

describe('reading an upload', () => {
  it('reads rows and columns alike', async () => {
    const rows = await readUpload({
      deviceId: 'a',
      samples: [
        { timestamp: 2, load: 1.5, status: 3, colour: 'red' },
        { timestamp: 4, velocity: -0, load: null },
      ],
    });
    const columns = await readUpload({
      deviceId: 'a',
      timestamp: [2, 4],
      load: [1.5, null],
      velocity: [null, -0],
      status: [3, null],
      colour: ['red'],
    });
    expect(columns).toEqual(rows);
    expect(Object.is(rows.samples.values.velocity[1], -0)).toBe(true);
    expect(rows.samples.values.power[0]).toBeNaN();
  });

  it('puts samples in order and keeps the last of each time, but counts what was sent', async () => {
    const samples = [5, 3, 5, 1, 3].map((timestamp, status) => ({ timestamp, status }));
    const upload = await readUpload({ deviceId: 'a', samples });
    expect(upload.received).toBe(5);
    expect([...upload.samples.timestamp]).toEqual([1, 3, 5]);
    expect([...upload.samples.status]).toEqual([3, 4, 2]);
  });

  it('takes -0 for the time 0', async () => {
    const upload = await readUpload({
      deviceId: 'a',
      samples: [
        { timestamp: -0, status: 1 },
        { timestamp: 0, status: 2 },
      ],
    });
    expect([...upload.samples.status]).toEqual([2]);
    expect(Object.is(upload.samples.timestamp[0], 0)).toBe(true);
  });

  it.each(VALUE_COLUMNS)('refuses in %s whatever is no finite float32', async (name) => {
    for (const value of ['1', true, {}, [], 1e39, -3.4028236e38, Infinity]) {
      const { code, errors } = await refusal({
        deviceId: 'a',
        samples: [{ timestamp: 1 }, { timestamp: 2, [name]: value }],
      });
      expect(code).toBe('metrics.invalid_samples');
      expect(errors.map(({ path }) => path)).toEqual([`samples.1.${name}`]);
    }
  });

  it('refuses times and states that are no integers or too large', async () => {
    for (const timestamp of [undefined, null, '5', 1.5, 2 ** 53, NaN])
      expect((await refusal({ deviceId: 'a', samples: [{ timestamp }] })).errors[0].path).toBe(
        'samples.0.timestamp',
      );
    for (const status of ['0', 0.5, 2 ** 31, -(2 ** 31) - 1, true])
      expect((await refusal({ deviceId: 'a', timestamp: [1], status: [status] })).errors[0].path).toBe(
        'status.0',
      );
  });

  it('names twenty faults at most, the first ones', async () => {
    const { errors } = await refusal({ deviceId: 'a', samples: Array.from({ length: 50 }, () => ({})) });
    expect(errors.map(({ path }) => path)).toEqual(
      Array.from({ length: 20 }, (_, i) => `samples.${i}.timestamp`),
    );
  });
});
