import { randomUUID } from 'node:crypto';
import { Training } from '../bench/data/records.js';
import type { NewAccount } from '../bench/lab/accounts.js';
import { Checks, type Proof } from './promise.js';
import type { Scene } from './scene.js';
import { tenantsReport } from './tenants.js';
import { tryTheWall } from './tools/wall.js';
import type { Wire } from './tools/wire.js';

const COLLECTIONS = {
  usual: ['routines', 'sessions'],
  full: [
    'sessions',
    'records',
    'phaseStats',
    'routines',
    'supersets',
    'routineExercises',
    'exercises',
    'badges',
    'gamificationStats',
  ],
} as const;

/** An account with something of every kind. @returns every id, name and cursor of it */
async function furnish(wire: Wire, url: string, { userId, token, deviceId }: NewAccount): Promise<string[]> {
  const training = new Training(1);
  const at = Date.now() - 1000;
  const [session, routine, badge] = [randomUUID(), randomUUID(), randomUUID()];
  const ask = async (method: string, path: string, body?: object) => {
    const heard = await wire.send(method, `${url}${path}`, { token, body });
    if (heard.status >= 300) throw new Error(`${path} → ${heard.status} ${JSON.stringify(heard.body)}`);
    return heard.body;
  };
  const times = { createdAt: at, updatedAt: at };
  const body = {
    deviceId,
    lastSync: 0,
    sessions: [
      training.session({ clientId: session, at }),
      training.session({ clientId: randomUUID(), at: at + 1 }),
    ],
    records: [training.personalRecord({ clientId: randomUUID(), at }, session)],
    phaseStats: [training.phaseStatistic({ clientId: randomUUID(), at }, session)],
    routines: [
      { clientId: routine, name: 'Legs', ...times },
      { clientId: randomUUID(), name: 7, ...times },
    ],
    badges: [{ clientId: badge, badgeId: `badge ${badge}`, earnedAt: at, ...times }],
  };
  await ask('POST', '/api/sync/push', body);
  const edited = [{ clientId: routine, name: 'Legs and back', createdAt: at, updatedAt: at + 500 }];
  await ask('POST', '/api/sync/push', { deviceId, lastSync: 0, routines: edited });
  await ask('POST', `/api/sessions/${session}/metrics`, { deviceId, samples: [{ timestamp: 1 }] });
  const page = await ask('GET', '/api/sessions?limit=1');
  const [{ serverId }] = (await ask('GET', '/api/routines')).items;
  const [{ id }] = (await ask('GET', '/api/sync/rejected')).rejected;
  return [routine, serverId, session, page.items[0].serverId, page.nextCursor, badge, deviceId, id, userId];
}

/** Ids of another account in every field of every route; then the database itself, as the role of the server. */
export async function tenantsApart(scene: Scene): Promise<Proof> {
  const home = await scene.newHome();
  const { url } = await scene.serve(home);
  const [owner, curious, control] = await scene.accounts(home, 3);
  const foreignIds = await furnish(scene.wire, url, owner);
  await furnish(scene.wire, url, curious);
  await furnish(scene.wire, url, control);
  const digest = async () =>
    JSON.stringify((await scene.wire.get(`${url}/api/sync/digest`, { token: owner.token })).body);
  const before = await digest();
  const checks = new Checks();
  const [nobody, nobodyElse] = await scene.accounts(home, 2);
  const report = await tenantsReport({
    url,
    curious: nobody,
    control: nobodyElse,
    foreignIds,
    collections: scene.full ? COLLECTIONS.full : COLLECTIONS.usual,
  });
  for (const leak of report.leaks) checks.check(false, leak.replaceAll(/\s+/g, ' ').slice(0, 300));
  checks.check((await digest()) === before, 'the records of the other account have changed');
  const wall = await tryTheWall(home, curious.userId, owner.userId, checks);
  return {
    promise: 'No account ever sees, changes or infers what belongs to another.',
    done:
      'every id, cursor and name of an account put by another one into every field of every route, and the answer held against that for an id ' +
      'nobody has; then SQL as the server’s role: undeclared, declared as another, through views, functions, copies, other roles, statistics',
    figure: checks.figure(
      `${report.asked.toLocaleString('en-US')} requests at ${report.places.length} places answered as for unknown ids; ` +
        `${wall.ways.toLocaleString('en-US')} statements at ${wall.tables} tables saw 0 foreign rows`,
    ),
    held: checks.held,
  };
}
