import type { Lab } from '../lab/lab.js';
import type { JobResult } from '../report/figure.js';
import type { Effort } from './measure.js';

/** Something that is measured and has a goal. */
export interface Job {
  name: string;
  /** Told while it is measured. */
  title: string;
  /** Not part of a run that names no jobs. */
  isExtra?: boolean;
  run(lab: Lab, effort: Effort): Promise<JobResult>;
}
