import { PortalError } from '../api/portal-error.js';

/** What every store throws when storage fails or is misused. Errors thrown by `work` are never turned into this. */
export const storageError = (title: string, cause?: unknown): PortalError =>
  cause instanceof PortalError ? cause : new PortalError('client.storage', { title, cause });

export const closedError = (): PortalError => storageError('This store is closed.');

export const endedError = (): PortalError =>
  storageError('This transaction is over: it is good only while the work it was made for runs.');
