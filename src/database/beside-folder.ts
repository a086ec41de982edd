import fs from 'node:fs';
import path from 'node:path';
import { isHeld } from './folder-lock.js';
import { EmbeddedPostgresError } from './postgres-account.js';
import { isInitialised } from './postgres-folder.js';

/** What a restore has beside the database's folder: only the last part of a name differs. */
type Kind =
  /** Not whole: being unpacked, or left over from a restore that was killed. */
  | 'restoring'
  /** Unpacked, checked and prepared: whole. */
  | 'prepared'
  /** The database that was there before. */
  | 'replaced';

const all = (folder: string, kind: Kind): string[] => {
  const parent = path.dirname(folder);
  const start = `${path.basename(folder)}.${kind}`;
  return fs
    .readdirSync(parent)
    .filter((name) => name.startsWith(start))
    .toSorted()
    .map((name) => path.join(parent, name));
};

/** A folder of one's own: whoever else restores has another. */
export const makeDraft = (folder: string): string => fs.mkdtempSync(`${folder}.restoring-`);

/** Removes what killed restores left. For whoever knows that no other one is at work. */
export function removeLeftOvers(folder: string, kind: 'restoring' | 'prepared'): void {
  for (const left of all(folder, kind))
    // The PostgreSQL of a restore that was killed may take a moment to end.
    if (!isHeld(left)) fs.rmSync(left, { recursive: true, force: true });
}

/** Whether a database was here: a restore put it aside, and nothing has come in its place. */
export const isMissing = (folder: string): boolean =>
  !isInitialised(folder) && all(folder, 'replaced').length > 0;

/**
 * A new, empty database in place of one that was put aside would take everybody's sign-ins and data for gone.
 * @throws EmbeddedPostgresError which says where everything is
 */
export function assertNoneIsMissing(folder: string): void {
  if (!isMissing(folder)) return;
  const told = [
    ...all(folder, 'prepared').map((place) => `${place} is a backup, restored as a whole`),
    ...all(folder, 'replaced').map((place) => `${place} is what was there before a restore`),
  ];
  throw new EmbeddedPostgresError(
    `There is no database in ${folder}, but one that a restore has put aside; it was probably ended in the middle. ` +
      `${told.join('; ')}. Rename the one you want to ${folder}, or restore a backup again, then start. ` +
      `For a new, empty database move all of them elsewhere.`,
  );
}

/**
 * Makes a prepared draft the database. Between the two renames there is none: who is killed there leaves both, under names that
 * say what they are, and no server starts an empty one in their place (`assertNoneIsMissing`).
 * @returns where the database was put that was there before, if there was one
 */
export function putInPlace(draft: string, folder: string): string | null {
  const now = Date.now();
  const prepared = `${folder}.prepared-${now}`;
  fs.renameSync(draft, prepared);
  let aside: string | null = null;
  try {
    if (isInitialised(folder)) {
      aside = `${folder}.replaced-${now}`;
      fs.renameSync(folder, aside);
    }
    // An empty folder may stand in the way, made by hand.
    else if (fs.existsSync(folder)) fs.rmdirSync(folder);
    fs.renameSync(prepared, folder);
    return aside;
  } catch (error) {
    if (aside !== null && fs.existsSync(aside)) fs.renameSync(aside, folder);
    // Its owner removes it under the name that it had.
    fs.renameSync(prepared, draft);
    throw error;
  }
}
