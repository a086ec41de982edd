/** What the stores of this package are made of, for those who write another: see docs/storage-adapters.md. */
export { copyJson, decodeJson, encodeJson } from './json-value.js';
export { checkKey, endOf } from './keys.js';
export { closedError, endedError, storageError } from './storage-error.js';
export { TransactionQueue } from './transaction-queue.js';
