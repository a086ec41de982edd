import { randomUUID } from 'node:crypto';
import type { Account } from './protocol.js';
import {
  type Answer,
  countOf,
  eachOf,
  headersOf,
  type Question,
  type TrafficFactory,
  turns,
  wrongStatus,
} from './traffic.js';
import { BulkPushes, phoneOf, Workouts } from './workout.js';

interface PullAnswer {
  syncTime: number;
  hasMore: boolean;
  resync?: boolean;
}

/** Requests under way at a time while something is prepared. */
const AT_ONCE = 8;

/** One pull, whose answer must be a 200 and pass the check. */
export const pull = (
  account: Account,
  asked: { deviceId: string; lastSync: number },
  check: (answer: Answer) => string | null,
): Question => ({
  method: 'POST',
  path: '/api/sync/pull',
  headers: headersOf(account),
  body: Buffer.from(JSON.stringify(asked)),
  check: (answer) => wrongStatus(answer, 200) ?? check(answer),
});

/** Whether an answer brings exactly `count` records, all there are, to a device whose cursor was honoured. */
function checkRecords({ body }: Answer, count: number, { isFirst = false } = {}): string | null {
  const found = countOf(body, 'clientId');
  if (found !== count) return `${found} records instead of ${count}`;
  const text = body.length < 10_000 ? body.toString() : body.toString('latin1', 0, 200);
  if (text.includes('"hasMore":true')) return 'there is more';
  if (!isFirst && text.includes('"resync":true')) return 'the cursor was not honoured';
  return null;
}

/**
 * Phones that ask whether there is anything new, and there is not. Each has pushed a workout and holds the cursor of its
 * last pull; an answer must be, to the byte, the empty one it got in the preparation.
 */
export const idlePull: TrafficFactory = ({ accounts }, line) => {
  const questions: Question[] = [];
  const nextQuestion = turns(questions);
  const workouts = new Workouts();
  return {
    prepare: () =>
      eachOf(accounts, AT_ONCE, async (account) => {
        const phone = phoneOf(account);
        await line.ask(workouts.push(phone));
        const asked = { deviceId: phone.deviceId, lastSync: phone.cursor };
        const { body } = await line.ask(pull(account, asked, (answer) => checkRecords(answer, 0)));
        if ((JSON.parse(body.toString()) as PullAnswer).syncTime !== phone.cursor)
          throw new Error('something was new after all');
        questions.push(
          pull(account, asked, (answer) => (answer.body.equals(body) ? null : 'something is new')),
        );
      }),
    next: () => nextQuestion(),
  };
};

/** Three records of a user's other phone, which pushed them before the run: each user asks once. */
export const smallPull: TrafficFactory = ({ accounts }, line) => {
  const workouts = new Workouts();
  const users = accounts.map((account) => ({
    writer: { ...phoneOf(account), deviceId: randomUUID() },
    reader: phoneOf(account),
  }));
  let waiting: typeof users = [];
  const ask = ({ reader }: (typeof users)[number], count: number, isFirst = false) =>
    pull(reader.account, { deviceId: reader.deviceId, lastSync: isFirst ? 0 : reader.cursor }, (answer) => {
      const fault = checkRecords(answer, count, { isFirst });
      if (fault === null) reader.cursor = (JSON.parse(answer.body.toString()) as PullAnswer).syncTime;
      return fault;
    });
  const change = async (user: (typeof users)[number]) => void (await line.ask(workouts.push(user.writer)));
  return {
    prepare: () =>
      eachOf(users, AT_ONCE, async (user) => {
        await change(user);
        await line.ask(ask(user, 3, true));
      }),
    renew: async () => {
      // Whoever was not asked in the last run has more than three records to get.
      await eachOf(waiting, AT_ONCE, async (user) => void (await line.ask(ask(user, 3))));
      await eachOf(users, AT_ONCE, change);
      waiting = [...users];
    },
    next: () => {
      const user = waiting.pop();
      return user === undefined ? null : ask(user, 3);
    },
  };
};

const BULK = 1000;

/** New phones of users who have `size` sets: everything at once. */
export const firstPull: TrafficFactory = ({ accounts, size }, line) => {
  const pushes = new BulkPushes(BULK);
  const nextAccount = turns(accounts);
  return {
    prepare: () => eachOf(accounts, 2, (account) => pushes.store(line, phoneOf(account), size / BULK)),
    next: () =>
      pull(nextAccount(), { deviceId: randomUUID(), lastSync: 0 }, (answer) =>
        checkRecords(answer, size, { isFirst: true }),
      ),
  };
};
