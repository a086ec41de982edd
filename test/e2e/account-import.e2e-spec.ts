import { randomUUID } from 'node:crypto';
import { Api, outcomeOf } from '../support/api.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { contentsOf } from '../support/export-contents.js';
import { faultsOf } from '../support/faults-of.js';
import { Phone } from '../support/phone.js';
import {
  aBadge,
  aCustomExercise,
  aPhaseStatistic,
  aRecord,
  aRoutine,
  aRoutineExercise,
  aSet,
  aSuperset,
  type Portal,
  portalOf,
} from '../support/portal.js';
import { curve } from '../support/samples.js';
import { Exported, importZip } from '../support/zip.js';

const THEN = Date.UTC(2026, 0, 5, 18);

const digests = async (portal: Portal) => (await portal.read('/api/sync/digest')).collections;

describe('the import of an export', () => {
  let app: TestApp;
  let owner: Portal;
  let other: Portal;

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());
  beforeEach(async () => {
    owner = await portalOf(app);
    other = await portalOf(app);
  });

  const exported = ({ token }: Portal) => Exported.from(app.url, token);
  const importInto = async ({ token }: Portal, { zip }: Exported, query = '') => {
    const { status, body } = await importZip(app.url, token, zip, query);
    if (status !== 200) throw new Error(`the import answered ${status}: ${JSON.stringify(body)}`);
    return body;
  };
  const rows = (userId: string) =>
    app.owner.query({
      text: `select (select clock from sync_clock where user_id = $1), (select count(*) from record_versions where user_id = $1),
          (select count(*) from sync_devices where user_id = $1),
          (select array_agg(id order by id) from metric_chunks where user_id = $1)`,
      values: [userId],
    });

  /** Something of every kind: two phones, edits, conflicts, deletions, orphans, refusals, samples. */
  async function live(portal: Portal): Promise<void> {
    const second = new Phone(app.url, portal.token, randomUUID());
    const sets = Array.from({ length: 12 }, (_, n) =>
      aSet({ weightPerCableKg: 10.1 + n, laterKey: [n, 'ß'] }),
    );
    const routine = aRoutine();
    const superset = aSuperset(routine.clientId);
    const item = aRoutineExercise(routine.clientId, { supersetId: superset.clientId, progressionKg: -0 });
    await portal.push({
      sessions: sets,
      phaseStats: [aPhaseStatistic(sets[0].clientId), aPhaseStatistic('gone')],
      routines: [routine],
      supersets: [superset],
      routineExercises: [item],
      exercises: [aCustomExercise()],
      records: [aRecord({ clientId: '1' }), aRecord({ clientId: '2', weight: 30 })],
      badges: [aBadge('first', { clientId: '1' })],
      gamificationStats: { clientId: 'g', updatedAt: THEN, totalWorkouts: 3, lastWorkoutDate: THEN },
    });
    await second.request('push', { badges: [aBadge('first', { clientId: '9' })] });
    const edit = (n: number, fields: object) => ({ ...sets[n], ...fields });
    await portal.push({
      sessions: [edit(0, { totalReps: 11, updatedAt: THEN + 1 }), edit(1, { deletedAt: THEN + 2 })],
      gamificationStats: { clientId: 'g', updatedAt: THEN + 3, totalWorkouts: 4, lastWorkoutDate: THEN + 3 },
    });
    // There and back again: the same content at two times.
    await portal.push({ sessions: [edit(0, { totalReps: 10, updatedAt: THEN + 2 })] });
    await portal.push({ sessions: [edit(0, { totalReps: 12, updatedAt: THEN + 3 })] });
    await portal.push({ routineExercises: [{ ...item, exerciseName: 'Dip', updatedAt: THEN + 1 }] });
    await second.request('push', {
      sessions: [edit(0, { totalReps: 99, updatedAt: THEN - 5 })],
      routineExercises: [{ ...item, exerciseName: 'Press', updatedAt: THEN - 1 }],
      supersets: [{ clientId: 'bad\u0000id', updatedAt: 1 }],
    });
    const upload = (id: string, body: object) =>
      new Api(app.url).post(`/api/sessions/${id}/metrics`, { token: portal.token, body });
    await upload(sets[0].clientId, { deviceId: 'p', samples: curve(0, 21_000) });
    await upload('17', { deviceId: 'lost/phone', samples: curve(0, 10) });
  }

  it('needs premium, as it writes', async () => {
    await other.losePremium();
    expect(outcomeOf(await importZip(app.url, other.token, Buffer.from('x')))).toEqual([
      403,
      'premium.required',
    ]);
  });

  it('gives another account everything: its export says the same, and so do its digests', async () => {
    await live(owner);
    const made = await exported(owner);
    const answer = await importInto(other, made);
    expect(answer).toMatchObject({ done: true, next: null, rejected: [] });
    expect(answer.files['records/sessions.json']).toEqual({
      added: 12,
      updated: 0,
      older: 0,
      unchanged: 0,
      rejected: 0,
    });
    expect(answer.files['history/sessions.json']).toMatchObject({ added: 5, rejected: 0 });
    expect(answer.files['samples.json']).toMatchObject({ added: 2 });

    expect(await digests(other)).toEqual(await digests(owner));
    const copy = await exported(other);
    expect(contentsOf(copy)).toEqual(contentsOf(made));
    expect(await faultsOf(app, other.userId)).toEqual([]);
    // And the copy of the copy.
    const third = await portalOf(app);
    await importInto(third, copy);
    expect(contentsOf(await exported(third))).toEqual(contentsOf(made));
  });

  it('changes nothing when it comes again, neither there nor where it came from', async () => {
    await live(owner);
    const made = await exported(owner);
    await importInto(other, made);
    for (const portal of [other, owner]) {
      const before = await rows(portal.userId);
      const { files } = await importInto(portal, made);
      for (const [file, counts] of Object.entries<Record<string, number>>(files))
        expect([file, counts]).toEqual([file, { ...counts, added: 0, updated: 0, older: 0, rejected: 0 }]);
      expect(await rows(portal.userId)).toEqual(before);
    }
  });

  it('is pulled by the devices of the account like any other edit, and a phone may go on editing', async () => {
    const set = aSet();
    await owner.push({ sessions: [set] });
    const first = await other.phone.request('pull', {});
    await importInto(other, await exported(owner));
    const pulled = await other.phone.request('pull', { lastSync: first.syncTime });
    expect(pulled.sessions).toMatchObject([{ clientId: set.clientId }]);
    await other.push({
      lastSync: pulled.syncTime,
      sessions: [{ ...set, totalReps: 3, updatedAt: THEN - 100 }],
    });
    expect((await other.read(`/api/sessions/${set.clientId}`)).totalReps).toBe(3);
  });

  it('lets the newer edit stand, whichever side has it, and an older export never overwrites a newer one', async () => {
    const [a, b] = [aSet(), aSet()];
    await owner.push({ sessions: [a, b] });
    const early = await exported(owner);
    await owner.push({ sessions: [{ ...a, totalReps: 20, updatedAt: THEN + 10 }] });
    const late = await exported(owner);
    await other.push({ sessions: [{ ...b, totalReps: 30, updatedAt: THEN + 10 }] });

    const { files } = await importInto(other, late);
    expect(files['records/sessions.json']).toMatchObject({ added: 1, updated: 0, older: 1 });
    await importInto(other, early);
    expect((await other.read(`/api/sessions/${a.clientId}`)).totalReps).toBe(20);
    expect((await other.read(`/api/sessions/${b.clientId}`)).totalReps).toBe(30);
    const { versions } = await other.read(`/api/sync/history/sessions/${b.clientId}`);
    expect(versions).toMatchObject([{ reason: 'lost', deviceId: 'import', record: { totalReps: 10 } }]);
  });

  it('goes on where it stopped, and comes to the same end without being told where', async () => {
    await live(owner);
    const made = await exported(owner);
    const { env } = app;
    const seconds = env.importWorkSeconds;
    env.importWorkSeconds = 0;
    try {
      let answer = await importInto(other, made);
      expect(answer.done).toBe(false);
      const places = [answer.next];
      while (!answer.done) {
        answer = await importInto(other, made, `?after=${answer.next}`);
        places.push(answer.next);
      }
      expect(new Set(places).size).toBe(places.length);
      expect(contentsOf(await exported(other))).toEqual(contentsOf(made));
      // A place in another file means nothing.
      expect((await importInto(other, await exported(other), `?after=${places[3]}`)).files).toHaveProperty([
        'records/badges.json',
      ]);
    } finally {
      env.importWorkSeconds = seconds;
    }
  });

  it('restores a state that came with it', async () => {
    const set = aSet();
    await owner.push({ sessions: [set] });
    await owner.push({ sessions: [{ ...set, totalReps: 44, updatedAt: THEN + 1 }] });
    await importInto(other, await exported(owner));
    const path = `/api/sync/history/sessions/${set.clientId}/1/restore`;
    expect((await new Api(app.url).post(path, { token: other.token })).status).toBe(200);
    expect((await other.read(`/api/sessions/${set.clientId}`)).totalReps).toBe(10);
  });

  it('knows a phone again that moves to the account after its data', async () => {
    const phone = new Phone(app.url, owner.token, randomUUID());
    const sent = {
      sessions: [aSet()],
      records: [aRecord({ clientId: '1' })],
      badges: [aBadge('b', { clientId: '1' })],
    };
    await phone.request('push', sent);
    await importInto(other, await exported(owner));
    const before = await digests(other);
    await new Phone(app.url, other.token, phone.deviceId).request('push', sent);
    expect(await digests(other)).toEqual(before);
  });
});
