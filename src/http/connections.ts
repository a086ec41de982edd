import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { callerOf } from '../common/caller-address.js';
import type { Env } from '../config/env.js';
import { refuseConnection } from './client-error.js';

/**
 * Bounds open connections: one costs little, but whoever opens thousands and says nothing on them takes them from everybody.
 * Beyond the bound of all, Node closes what comes at once. Beyond that of an address, the connection is told so; behind
 * named proxies nobody is, for all connections are the proxies' then, which count their own.
 */
export function boundConnections(
  server: Server,
  { maxConnections, maxConnectionsPerAddress, trustedProxies }: Env,
): void {
  server.maxConnections = maxConnections;
  if (trustedProxies.length > 0) return;
  const open = new Map<string, number>();
  server.prependListener('connection', (socket: Socket) => {
    const caller = callerOf(socket.remoteAddress ?? '');
    const others = open.get(caller) ?? 0;
    if (others >= maxConnectionsPerAddress) return refuseConnection(socket);
    open.set(caller, others + 1);
    socket.once('close', () => {
      const left = (open.get(caller) ?? 1) - 1;
      if (left === 0) open.delete(caller);
      else open.set(caller, left);
    });
  });
}
