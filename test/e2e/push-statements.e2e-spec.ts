import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { Phone, premiumAccount } from '../support/phone.js';

const T = 1_765_000_000_000;
const COLLECTIONS = 5;

/** A push of `count` records in each of five collections, children with their parents. */
function pushOf(count: number, run: string, values: object) {
  const list = (record: (n: number) => object) =>
    Array.from({ length: count }, (_, n) => ({ createdAt: T, ...record(n), ...values }));
  const id = (kind: string, n: number) => `${run}-${kind}-${n}`;
  return {
    sessions: list((n) => ({
      clientId: id('session', n),
      timestamp: T + n,
      mode: 'Pump',
      targetReps: 10,
      weightPerCableKg: 20,
    })),
    routines: list((n) => ({ clientId: id('routine', n), name: 'R' })),
    supersets: list((n) => ({
      clientId: id('superset', n),
      routineId: id('routine', n),
      name: 'S',
      orderIndex: 0,
    })),
    routineExercises: list((n) => ({
      clientId: id('exercise', n),
      routineId: id('routine', n),
      supersetId: id('superset', n),
      exerciseName: 'E',
      orderIndex: 0,
    })),
    badges: list((n) => ({ clientId: id('badge', n), badgeId: id('badge', n), earnedAt: T })),
  };
}

/** The statements of one call: those that go out in one piece. */
function textsOf(sent: unknown): string[] {
  const { statements } = sent as { statements?: { text: string }[] };
  return statements ? statements.map(({ text }) => text) : [String(sent)];
}

/** Not the push's own: what keeps the planner up to date, and what tells other devices once all is committed. */
const isAfterwards = (texts: string[]) =>
  texts.some((text) => /refresh_statistics|reltuples|pg_notify/.test(text));
const announces = (texts: string[]) => texts.some((text) => text.includes('pg_notify'));

describe('the statements of a push', () => {
  let app: TestApp;
  // Only watches: every call goes through.
  const statements = jest.spyOn(Client.prototype, 'query');

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(async () => {
    statements.mockRestore();
    await app.close();
  });

  async function counted(phone: Phone, body: object) {
    statements.mockClear();
    const answer = await phone.request('push', body);
    expect(answer.rejected).toEqual([]);
    expect(answer.superseded).toEqual([]);
    return {
      answer,
      count: statements.mock.calls
        .map(([sent]) => textsOf(sent))
        .filter((texts) => !isAfterwards(texts))
        .flat().length,
    };
  }

  /** How many statements a first push takes, and one that edits every record of it. */
  async function measure(records: number): Promise<{ first: number; edited: number }> {
    const { token } = await premiumAccount(app);
    const phone = new Phone(app.url, token, randomUUID());
    const run = randomUUID();
    const first = await counted(phone, pushOf(records, run, { updatedAt: T }));
    const taken = Object.values(first.answer.idMappings).flatMap((ids) => Object.keys(ids));
    expect(taken).toHaveLength(COLLECTIONS * records);
    const edits = { note: 'edited', updatedAt: T + 1 };
    const edited = await counted(phone, {
      lastSync: first.answer.syncTime,
      ...pushOf(records, run, edits),
    });
    expect(edited.answer.syncTime).toBeGreaterThan(first.answer.syncTime);
    return { first: first.count, edited: edited.count };
  }

  /** A connection that the pool opens meanwhile adds statements of its own, which are none of the push's. */
  async function least(records: number): Promise<{ first: number; edited: number }> {
    const [a, b] = [await measure(records), await measure(records)];
    return { first: Math.min(a.first, b.first), edited: Math.min(a.edited, b.edited) };
  }

  it('are as many for 1,000 records of each collection as for 10, whether new or edited', async () => {
    // The first account also meets what the server does once only.
    await measure(1);
    const [few, many] = [await least(10), await least(1000)];
    expect(few.first).toBeGreaterThan(5);
    expect(few.edited).toBeGreaterThan(5);
    expect(many).toEqual(few);
  });

  /** NOTIFY locks the whole database until its transaction is committed: in a push all accounts would wait for each other. */
  it('tell nobody of it: other devices are told after the commit and after the answer, of all pushes of the moment at once', async () => {
    const pushers = await Promise.all(
      Array.from(
        { length: 6 },
        async () => new Phone(app.url, (await premiumAccount(app)).token, randomUUID()),
      ),
    );
    const answered = () =>
      Promise.all(pushers.map((phone) => phone.request('push', pushOf(1, randomUUID(), { updatedAt: T }))));
    // Connections are open and statements prepared: what is slow the first time is not what is looked at.
    await answered();
    await announced(1);
    statements.mockClear();
    await answered();
    const calls = await announced(1);
    const announcements = calls.filter(announces);
    // Behind a pooler the settings of each transaction come with it.
    for (const texts of announcements)
      expect(texts.filter((text) => !text.startsWith('select set_config'))).toHaveLength(1);
    expect(announcements.length).toBeLessThan(6);
  });

  /** Waits for so many announcements; gives the statements of every call so far. */
  async function announced(count: number): Promise<string[][]> {
    let calls: string[][] = [];
    let announcements = 0;
    for (let n = 0; announcements < count && n < 1000; n++) {
      await pause(5);
      calls = statements.mock.calls.map(([sent]) => textsOf(sent));
      announcements = calls.filter(announces).length;
    }
    expect(announcements).toBeGreaterThanOrEqual(count);
    return calls;
  }
});
