/** What a push may do with one record. */
export type Outcome =
  /** No head: it becomes the head. */
  | 'created'
  /** The head says the same already. */
  | 'equal'
  /** A state that was put away long ago came again; the head stays and the device is owed it. */
  | 'stale'
  /** It becomes the head; the old head goes to the history. */
  | 'replaced'
  /** The held head is the newer edit; this one goes to the history and the device is owed the head. */
  | 'lost';

/** One side of the comparison. `editedAt` is clamped to the time of receipt, so that a fast clock freezes nothing. */
export interface Edit {
  contentHash: string;
  editedAt: number;
  deleted: boolean;
}

export interface Situation {
  head: Edit | null;
  incoming: Edit;
  /** This content with this edit time is in the history. */
  inHistory: boolean;
  /** The device had been given the head, or wrote it. */
  seen: boolean;
}

/**
 * The conflict table of the protocol, §4, row by row. Two clocks are never mixed: `seen` comes from the sync clock and
 * is asked first; the edit times decide only between edits that did not know of each other.
 */
export function decide({ head, incoming, inHistory, seen }: Situation): Outcome {
  if (!head) return 'created';
  if (incoming.contentHash === head.contentHash) return 'equal';
  if (inHistory) return 'stale';
  if (seen) return 'replaced';
  return isNewer(incoming, head) ? 'replaced' : 'lost';
}

/** Greater edit time wins; equal: a delete wins, then the stored one. */
export function isNewer(edit: Edit, than: Edit): boolean {
  if (edit.editedAt !== than.editedAt) return edit.editedAt > than.editedAt;
  return edit.deleted && !than.deleted;
}
