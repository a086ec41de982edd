/**
 * Rules of the protocol that can be switched off, one at a time, to see that the simulation notices. Each is asked at the
 * one place where its rule stands.
 */
export const ABLATIONS = {
  noClockLock: 'a push does not wait for the push before it (§2)',
  noVersionCut: 'a page of a pull may end inside a version (§5)',
  trustAnyCursor: 'any cursor is honoured, whoever it was issued to (§5)',
  noHolding: 'a device is sent back what it just sent (§5)',
  holdByDevice: 'a device is never sent what it once wrote (§5)',
  noOwed: 'what a device is owed is not remembered (§5)',
  noTelling:
    'a device is not told what it is owed: not in later pulls, nor in the answer to its push (§4, §5)',
  noEpoch: 'a restored server keeps its epoch (§5)',
} as const;

export type Ablation = keyof typeof ABLATIONS;
