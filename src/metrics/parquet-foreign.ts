import { AppError } from '../common/app-error.js';
import { unpack } from './parquet.js';
import { type SampleColumns, sortedByTime, VALUE_COLUMNS } from './sample-columns.js';

/**
 * Samples of a file that claims to be made by `pack`, as if they had been uploaded one by one: every value is looked at.
 * @throws AppError metrics.invalid_samples
 */
export function readForeign(bytes: Buffer): SampleColumns {
  let samples: SampleColumns;
  try {
    samples = unpack(bytes, { foreign: true });
  } catch (error) {
    throw new AppError('metrics.invalid_samples', {
      detail: 'The file is no Parquet file of samples as this server exports them.',
      cause: error,
    });
  }
  const fault = faultOf(samples);
  if (fault !== null) throw new AppError('metrics.invalid_samples', { detail: fault });
  return sortedByTime(samples);
}

function faultOf({ count, timestamp, values }: SampleColumns): string | null {
  for (let i = 0; i < count; i++)
    if (!Number.isSafeInteger(timestamp[i])) return `Sample ${i} has no time within ±2^53.`;
  for (const name of VALUE_COLUMNS)
    for (const value of values[name])
      if (value === Infinity || value === -Infinity) return `A ${name} is not finite.`;
  return null;
}
