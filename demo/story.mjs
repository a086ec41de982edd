import { grantPremium, logOut, signUp } from './acts-account.mjs';
import {
  deleteOnOne,
  editInPortal,
  editOnBoth,
  restoreInPortal,
  sendBadRecord,
  useWrongClocks,
} from './acts-conflict.mjs';
import { lookAtTotals, uploadCurve } from './acts-portal.mjs';
import {
  buildRoutine,
  loseAnswer,
  newPhone,
  pushEverythingAgain,
  trainOffline,
  twoYearsArrive,
} from './acts-sync.mjs';
import { setUp } from './stage.mjs';

const ACTS = [
  signUp,
  grantPremium,
  twoYearsArrive,
  newPhone,
  trainOffline,
  loseAnswer,
  pushEverythingAgain,
  buildRoutine,
  editOnBoth,
  deleteOnOne,
  restoreInPortal,
  editInPortal,
  sendBadRecord,
  useWrongClocks,
  uploadCurve,
  lookAtTotals,
  logOut,
];

/**
 * The whole story, act by act; each ends with what the two sides then hold.
 * @param {import('./server.mjs').ThrowAwayServer} server
 */
export async function tell(server) {
  console.log('Two phones, a portal and a server with an empty, throw-away database:');
  console.log(`${server.url}/api`);
  const stage = await setUp(server);
  for (const act of ACTS) await act(stage);
}
