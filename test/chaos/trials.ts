import { tenantsApart } from './01-tenants.js';
import { killLoop } from './02-kill.js';
import { allOrNothing } from './03-atomic.js';
import { safeRetry } from './04-retry.js';
import { noneMissed } from './05-readers.js';
import { wrongClocks } from './06-clocks.js';
import { hostileInput } from './07-input.js';
import { limitsHeld } from './08-limits.js';
import { passwords } from './09-passwords.js';
import { forgedTokens } from './10-tokens.js';
import { refreshTokens } from './11-refresh.js';
import { atOnce } from './12-at-once.js';
import { premiumNow } from './13-premium.js';
import { guessing } from './14-guessing.js';
import { blankErrors } from './15-errors.js';
import { databaseTrouble } from './16-database.js';
import { deploys } from './17-deploy.js';
import { supplyChain } from './18-supply.js';
import { backupsRestore } from './19-restore.js';
import type { Trial } from './promise.js';

/** Every promise by its number in docs/trust.md. */
export const TRIALS: ReadonlyMap<number, Trial> = new Map([
  [1, tenantsApart],
  [2, killLoop],
  [3, allOrNothing],
  [4, safeRetry],
  [5, noneMissed],
  [6, wrongClocks],
  [7, hostileInput],
  [8, limitsHeld],
  [9, passwords],
  [10, forgedTokens],
  [11, refreshTokens],
  [12, atOnce],
  [13, premiumNow],
  [14, guessing],
  [15, blankErrors],
  [16, databaseTrouble],
  [17, deploys],
  [18, supplyChain],
  [19, backupsRestore],
]);

/** Judges the answers of all others too, and so comes last. */
export const LAST = 15;

/** Those that take a second or two: npm test runs them too. */
export const CHEAP = [10, 11, 13, 15] as const;
