/** RFC 5321 §4.5.3.1.3: a path has 256 characters, two of them the angle brackets. */
export const EMAIL_MAX_LENGTH = 254;

/**
 * The one form in which addresses are stored and compared: trimmed, without letter case, and NFC, so that an `é` typed
 * on one phone is the `é` of another. Lower-casing comes first: it can undo NFC, never the other way round.
 */
export const normaliseEmail = (email: string): string =>
  // Half of a surrogate pair is no character: it becomes one that no address has, and no rule trips over it.
  email.toWellFormed().trim().toLowerCase().normalize('NFC');

/** What a person is called: the given name or, where that is blank, `maria` of `maria@example.org`. Never empty. */
export const displayNameFor = (email: string, given: string | null | undefined): string =>
  given?.trim() || email.slice(0, email.lastIndexOf('@'));
