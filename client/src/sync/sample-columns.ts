import { PortalError } from '../api/portal-error.js';
import type { FieldFault } from '../api/portal-error.js';

/** Everything a sample has beside its time; null where nothing was measured. */
const VALUES = ['position', 'positionB', 'velocity', 'velocityB', 'load', 'loadB', 'power'] as const;
type ValueName = (typeof VALUES)[number];

/** One reading of the machine; docs/metrics.md has the units. */
export type MetricSample = { timestamp: number; status?: number } & { [name in ValueName]?: number | null };

export type SampleColumns = { timestamp: number[]; status: number[] } & {
  [name in ValueName]: (number | null)[];
};

/** The largest number that rounds to a finite 32-bit float. */
const FLOAT32_MAX = 3.4028235677973362e38;
const INT32_MAX = 2_147_483_647;
const MAX_FAULTS = 20;

const isInt32 = (value: number) => Number.isInteger(value) && Math.abs(value) <= INT32_MAX;

function faultOf(sample: MetricSample): string | undefined {
  if (!Number.isSafeInteger(sample.timestamp)) return 'timestamp';
  if (sample.status !== undefined && !isInt32(sample.status)) return 'status';
  return VALUES.find((name) => {
    const value = sample[name] ?? 0;
    return typeof value !== 'number' || !(Math.abs(value) <= FLOAT32_MAX);
  });
}

/** @throws PortalError client.invalid_samples, naming the first faulty places */
export function checkSamples(samples: readonly MetricSample[]): void {
  const errors: FieldFault[] = [];
  for (const [index, sample] of samples.entries()) {
    const field = faultOf(sample);
    if (field === undefined) continue;
    const message = `${field} must be a finite number that fits`;
    errors.push({ path: `samples.${index}.${field}`, code: 'client.invalid_samples', message });
    if (errors.length === MAX_FAULTS) break;
  }
  if (errors.length > 0) throw new PortalError('client.invalid_samples', { errors });
}

export function toColumns(samples: readonly MetricSample[]): SampleColumns {
  const column = (name: ValueName) => samples.map((sample) => sample[name] ?? null);
  return {
    timestamp: samples.map(({ timestamp }) => timestamp),
    position: column('position'),
    positionB: column('positionB'),
    velocity: column('velocity'),
    velocityB: column('velocityB'),
    load: column('load'),
    loadB: column('loadB'),
    power: column('power'),
    status: samples.map(({ status }) => status ?? 0),
  };
}

/** One series by ascending time; of several samples with one time the one recorded last, as the portal does it. */
export function joinColumns(pieces: readonly SampleColumns[]): SampleColumns {
  const byTime = new Map<number, MetricSample>();
  for (const piece of pieces)
    for (const [index, timestamp] of piece.timestamp.entries()) {
      const sample: MetricSample = { timestamp, status: piece.status[index] ?? 0 };
      for (const name of VALUES) sample[name] = piece[name][index] ?? null;
      byTime.set(timestamp, sample);
    }
  return toColumns([...byTime.values()].sort((a, b) => a.timestamp - b.timestamp));
}
