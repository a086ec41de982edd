import { isIPv4 } from 'node:net';

const MAPPED = '::ffff:';
/** Some proxies name the port as well, which is another one for each connection. */
const WITH_PORT = /^(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)$/;

/**
 * The part of an address that stands for one caller: an IPv4 address, or the first 64 bits of an IPv6 address, for a
 * single connection is given all addresses behind them.
 */
export function callerOf(named: string): string {
  const [, v6, v4] = WITH_PORT.exec(named) ?? [];
  const address = v6 ?? v4 ?? named;
  if (!address.includes(':')) return address;
  const lower = address.toLowerCase();
  if (lower.startsWith(MAPPED) && isIPv4(lower.slice(MAPPED.length))) return lower.slice(MAPPED.length);
  const [written = ''] = lower.split('%', 1);
  const [head = '', tail] = written.split('::', 2);
  const before = head === '' ? [] : head.split(':');
  if (tail === undefined || before.length >= 4) return networkOf(before);
  const after = tail === '' ? [] : tail.split(':');
  const hidden = 8 - before.length - after.length - (after.at(-1)?.includes('.') === true ? 1 : 0);
  return networkOf([...before, ...Array.from({ length: hidden }, () => '0'), ...after]);
}

const networkOf = (groups: readonly string[]): string =>
  groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':');
