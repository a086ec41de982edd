import { shortestFloat } from '../../../src/common/float32.js';

/** A number as an app prints it that keeps 32-bit floats. */
export const asFloat = (value: number) => shortestFloat(Math.fround(value));
