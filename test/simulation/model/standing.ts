import type { Ablation } from './switches.js';
import type { Device } from './state.js';

/** §5, the honoured cursor: what the server believes of a device, given the cursor and the epoch it presents. */
export interface Standing {
  /** `lastSync` if it was issued to this very device, else 0. */
  cursor: number;
  resync: boolean;
  /** In its first download: tombstones and children of deleted parents are of no use to the device… */
  isFresh: boolean;
  /** …up to this version. */
  tombstonesAfter: number;
  /** What its latest push sent is in its hands. */
  holds: boolean;
}

export interface Presented {
  lastSync: number;
  epoch?: number;
  /** Of the last push whose answer this running client has stored. */
  receipt?: number;
}

export function standingOf(
  device: Device,
  { lastSync, epoch, receipt }: Presented,
  { now, epoch: ours, ablation }: { now: number; epoch: number; ablation: Ablation | null },
): Standing {
  const issued = device.cursors.get(lastSync);
  const { holding } = device;
  const isOurEpoch = epoch === undefined || epoch === ours;
  const isTrusted = isOurEpoch && (lastSync === 0 || issued !== undefined || ablation === 'trustAnyCursor');
  const isFresh = isOurEpoch && (lastSync === 0 ? !device.usedCursor : issued?.isFirst === true);
  // A first-generation phone proves by a cursor that it had the answer of its push. Others show its receipt, which they
  // keep in memory only: a restored, cloned or reinstalled phone has none, whatever cursor it has.
  const hasProof =
    receipt === undefined
      ? issued?.proves === holding.number || (lastSync === holding.pushCursor && now < holding.until)
      : receipt === holding.number;
  return {
    cursor: isTrusted ? lastSync : 0,
    resync: !isTrusted,
    isFresh,
    tombstonesAfter: isFresh ? (device.firstGiven ?? Infinity) : 0,
    holds: isOurEpoch && hasProof && ablation !== 'noHolding',
  };
}

/** Cursors remembered per device; the owner of an older one gets everything again. */
const CURSORS_KEPT = 500;

export function issueCursor(device: Device, cursor: number, isFirst: boolean, proves: number | null): void {
  device.cursors.set(cursor, { isFirst, proves });
  if (device.cursors.size <= CURSORS_KEPT) return;
  for (const old of [...device.cursors.keys()].toSorted((a, b) => b - a).slice(CURSORS_KEPT))
    device.cursors.delete(old);
}
