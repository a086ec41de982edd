import { AsyncLocalStorage } from 'node:async_hooks';
import { callerIdOf } from '../common/caller.js';
import { placeOfNow, traceIdOf } from './tracing.js';

/** Follows work from callback to callback, so that what a service logs names the request it works for. */
const scope = new AsyncLocalStorage<{ id: string }>();

/** Node 24 keeps the scope by itself; before, every promise of the process pays for it: docs/decisions/0007. */
const FREE_SINCE_NODE = 24;

export const isScopeFree = (): boolean => parseInt(process.versions.node, 10) >= FREE_SINCE_NODE;

export function withinRequest(request: { id: string }, work: () => void): void {
  scope.run(request, work);
}

/** For the log: the request within which something is said. Empty keys are not printed. */
export function scopeFields(): { requestId?: string; userId?: string; traceId?: string } {
  const request = scope.getStore();
  const traceId = traceIdOf(placeOfNow());
  return request === undefined
    ? { traceId }
    : { requestId: request.id, userId: callerIdOf(request), traceId };
}
