/** The invariants of sync-protocol §10. */
export const INVARIANTS = {
  1: 'Each head with version ≤ a device’s saved cursor is on that device, or edited there and not yet pushed.',
  2: 'When everybody has pushed and pulled without new edits, all devices and the server show the same heads, and digests say so.',
  3: 'Every accepted content is the head or in the history, exactly once.',
  4: 'The clock strictly increases and never exceeds wall time by more than a few ms; no two pushes share a version.',
  5: 'Repeating any earlier request changes nothing.',
  6: 'A device is not sent what it holds.',
  7: 'No answer to one user contains, changes or reveals anything of another.',
  8: 'sent = accepted + rejected, for every push.',
  9: '`pendingChanges` equals what the next pull brings.',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly invariant: Invariant,
    readonly what: string,
  ) {
    super(`invariant ${invariant} is violated: ${INVARIANTS[invariant]}\n  ${what}`);
  }
}

export function hold(invariant: Invariant, condition: boolean, what: () => string): void {
  if (!condition) throw new Violation(invariant, what());
}
