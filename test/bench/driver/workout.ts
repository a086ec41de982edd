import { randomUUID } from 'node:crypto';
import { Training } from '../data/records.js';
import { idSlot, Template, timeSlot } from '../data/template.js';
import type { Account } from './protocol.js';
import { type Answer, headersOf, type Line, type Question, wrongStatus } from './traffic.js';

/** Epoch ms of the first set; every push is of a later one. */
const FIRST_SET = 1_769_000_000_000;
const SEED = 4;

export const PUSH_PATH = '/api/sync/push';

export interface PushAnswer {
  syncTime: number;
  idMappings: Record<string, Record<string, string> | undefined>;
  rejected?: unknown[];
}

/** A phone as the driver sees it: an account and the cursor it was given last. */
export interface Phone {
  account: Account;
  deviceId: string;
  cursor: number;
}

export const phoneOf = (account: Account): Phone => ({
  account,
  deviceId: account.deviceId,
  cursor: FIRST_SET,
});

const SLOT = { device: 0, session: 1, record: 2, phase: 3 };
const TIME = { set: 0, cursor: 1 };

const templateOfWorkout = () => {
  const training = new Training(SEED);
  const at = timeSlot(TIME.set);
  const sessionId = idSlot(SLOT.session);
  return new Template({
    deviceId: idSlot(SLOT.device),
    deviceName: 'Google Pixel 8',
    platform: 'android',
    lastSync: timeSlot(TIME.cursor),
    sessions: [training.session({ clientId: sessionId, at })],
    records: [training.personalRecord({ clientId: idSlot(SLOT.record), at }, sessionId)],
    phaseStats: [training.phaseStatistic({ clientId: idSlot(SLOT.phase), at }, sessionId)],
  });
};

/** Pushes of one workout: a set, a personal record, its phase statistics; new ones every time. */
export class Workouts {
  private readonly template = templateOfWorkout();
  private at = FIRST_SET;

  push(phone: Phone): Question {
    const ids = [phone.deviceId, randomUUID(), randomUUID(), randomUUID()];
    // No two records are the same best, which the server would recognise.
    this.at += 1000;
    return {
      method: 'POST',
      path: PUSH_PATH,
      headers: headersOf(phone.account),
      body: this.template.with({ ids, times: [this.at, phone.cursor] }),
      check: (answer) => {
        const fault = wrongStatus(answer, 200);
        if (fault !== null) return fault;
        const { syncTime, idMappings, rejected } = JSON.parse(answer.body.toString()) as PushAnswer;
        phone.cursor = syncTime;
        const isMapped =
          idMappings.sessions?.[ids[SLOT.session]] !== undefined &&
          idMappings.records?.[ids[SLOT.record]] !== undefined &&
          idMappings.phaseStats?.[ids[SLOT.phase]] !== undefined;
        return isMapped && !rejected?.length ? null : `not all was stored: ${answer.body.toString()}`;
      },
    };
  }
}

/** Whether every one of `count` sets has a server id and none was refused. */
export function checkMappings(answer: Answer, count: number): string | null {
  const fault = wrongStatus(answer, 200);
  if (fault !== null) return fault;
  const { idMappings, rejected } = JSON.parse(answer.body.toString()) as PushAnswer;
  const mapped = Object.keys(idMappings.sessions ?? {}).length;
  return mapped === count && !rejected?.length ? null : `${mapped} of ${count} records were stored`;
}

/** Pushes of many full sets, all of them new. */
export class BulkPushes {
  private readonly template: Template;

  constructor(private readonly count: number) {
    const training = new Training(SEED);
    this.template = new Template({
      deviceId: idSlot(SLOT.device),
      platform: 'android',
      lastSync: timeSlot(TIME.set),
      sessions: Array.from({ length: count }, (_, i) =>
        training.session({ clientId: idSlot(i + 1), at: FIRST_SET - (i + 1) * 60_000 }),
      ),
    });
  }

  push({ account, deviceId, cursor }: Phone): Question {
    const ids = [deviceId, ...Array.from({ length: this.count }, () => randomUUID())];
    return {
      method: 'POST',
      path: PUSH_PATH,
      headers: headersOf(account),
      body: this.template.with({ ids, times: [cursor] }),
      check: (answer) => checkMappings(answer, this.count),
    };
  }

  /** Several in a row for one account. */
  async store(line: Line, phone: Phone, times: number): Promise<void> {
    for (let i = 0; i < times; i++) await line.ask(this.push(phone));
  }
}
