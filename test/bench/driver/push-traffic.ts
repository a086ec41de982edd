import { randomUUID } from 'node:crypto';
import { Training } from '../data/records.js';
import { idSlot, Template, timeSlot } from '../data/template.js';
import { eachOf, headersOf, type Question, type TrafficFactory, turns } from './traffic.js';
import {
  BulkPushes,
  checkMappings,
  type Phone,
  phoneOf,
  PUSH_PATH,
  type PushAnswer,
  Workouts,
} from './workout.js';

/** One workout after the other, each by the next user. */
export const push: TrafficFactory = ({ accounts }) => {
  const workouts = new Workouts();
  const nextPhone = turns(accounts.map(phoneOf));
  return { next: () => workouts.push(nextPhone()) };
};

/** `size` new sets in every request. */
export const bulkPush: TrafficFactory = ({ accounts, size }) => {
  const pushes = new BulkPushes(size);
  const nextPhone = turns(accounts.map(phoneOf));
  return { next: () => pushes.push(nextPhone()) };
};

/** What was pushed before, to the byte: a phone whose answer was lost. */
export const repeatedPush: TrafficFactory = ({ accounts, size }, line) => {
  const pushes = new BulkPushes(size);
  const known: Question[] = [];
  const nextQuestion = turns(known);
  return {
    prepare: () =>
      eachOf(accounts, 2, async (account) => {
        const question = pushes.push(phoneOf(account));
        await line.ask(question);
        known.push(question);
      }),
    next: () => nextQuestion(),
  };
};

const BASE_AT = 1_700_000_000_000;
const NEW_AT = 1_769_000_000_000;

/** All `size` sets that a phone of the first generation has, and after the first time one more: it cannot tell what is new. */
export const phonePush: TrafficFactory = ({ accounts, size }, line) => {
  const training = new Training(7);
  const [device, added, first] = [0, 1, 2];
  const known = Array.from({ length: size }, (_, i) =>
    training.plainSession({ clientId: idSlot(first + i), at: BASE_AT + i * 60_000 }),
  );
  const body = (sessions: object[]) =>
    new Template({ deviceId: idSlot(device), platform: 'android', lastSync: timeSlot(0), sessions });
  const everything = body(known);
  const withOneMore = body([...known, training.plainSession({ clientId: idSlot(added), at: timeSlot(1) })]);
  const phones = accounts.map((account) => ({
    ...phoneOf(account),
    ids: Array.from({ length: size }, () => randomUUID()),
  }));
  const nextPhone = turns(phones);
  let at = NEW_AT;
  const question = (phone: Phone & { ids: string[] }, template: Template, count: number): Question => ({
    method: 'POST',
    path: PUSH_PATH,
    headers: headersOf(phone.account),
    body: template.with({
      ids: [phone.deviceId, randomUUID(), ...phone.ids],
      times: [phone.cursor, (at += 1000)],
    }),
    check: (answer) => {
      const fault = checkMappings(answer, count);
      if (fault === null) phone.cursor = (JSON.parse(answer.body.toString()) as PushAnswer).syncTime;
      return fault;
    },
  });
  return {
    prepare: () =>
      eachOf(phones, 1, async (phone) => void (await line.ask(question(phone, everything, size)))),
    next: () => question(nextPhone(), withOneMore, size + 1),
  };
};
