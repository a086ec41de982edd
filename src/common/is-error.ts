import { types } from 'node:util';

/** Errors of Node's own modules come from another realm under jest, where `instanceof Error` is false for them. */
export const isError = (thrown: unknown): thrown is Error =>
  thrown instanceof Error || types.isNativeError(thrown);
