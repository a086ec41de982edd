import { randomUUID } from 'node:crypto';
import { randomFrom } from '../data/random.js';
import { upload } from '../driver/metrics-traffic.js';
import type { Account } from '../driver/protocol.js';
import { pull } from '../driver/pull-traffic.js';
import { headersOf, type Question, wrongStatus } from '../driver/traffic.js';
import { type Phone, phoneOf, type Workouts } from '../driver/workout.js';

/** Samples of twenty seconds. */
export const SAMPLES = 1000;
const PARQUET = 'application/vnd.apache.parquet';
const LISTS = [
  '/api/workouts?limit=20',
  '/api/sessions?limit=50',
  '/api/records',
  '/api/totals?by=week',
  '/api/sync/status',
];

/** Kinds of requests, and how many of a hundred they are. */
export const MIX = {
  'idle pull': 44,
  'push of a workout': 16,
  'the same push again': 6,
  'upload of 1,000 samples': 6,
  'samples as JSON': 4,
  'samples as Parquet': 4,
  'plot of 200 points': 6,
  'portal list': 14,
} as const;

export type Kind = keyof typeof MIX;

interface PullAnswer {
  syncTime: number;
  hasMore: boolean;
  resync: boolean;
}

/** One of the two phones of an account, and the portal its owner looks at. */
export class SoakPhone {
  private readonly phone: Phone;
  private readonly random: () => number;
  private lastPush: Question | null = null;
  private readonly series: string[] = [];
  /** Has no cursor yet that a pull has given it. */
  private isNew = true;

  constructor(
    private readonly account: Account,
    private readonly workouts: Workouts,
    private readonly samples: Buffer,
    seed: number,
  ) {
    this.phone = { ...phoneOf(account), deviceId: randomUUID() };
    this.random = randomFrom(seed);
  }

  /** Milliseconds until the next request, on average `mean`. */
  pauseMs(mean: number): number {
    return -Math.log(1 - this.random()) * mean;
  }

  /** By chance, as MIX has it; what needs something that is not there yet makes it first. */
  next(): { kind: Kind; question: Question } {
    let left = this.random() * 100;
    for (const [kind, share] of Object.entries(MIX) as [Kind, number][]) {
      left -= share;
      if (left < 0) return this.ask(kind);
    }
    return this.ask('idle pull');
  }

  private ask(kind: Kind): { kind: Kind; question: Question } {
    const [newest] = this.series.slice(-1);
    if (kind === 'the same push again')
      return this.lastPush === null ? this.ask('push of a workout') : { kind, question: this.lastPush };
    if (kind === 'push of a workout')
      return { kind, question: (this.lastPush = this.workouts.push(this.phone)) };
    if (kind === 'portal list') return { kind, question: this.read(this.oneOf(LISTS), 'application/json') };
    if (kind === 'idle pull') return { kind, question: this.pull() };
    if (kind === 'upload of 1,000 samples' || newest === undefined) return this.upload();
    const path = `/api/sessions/${newest}/metrics`;
    if (kind === 'samples as Parquet') return { kind, question: this.read(path, PARQUET) };
    const query = kind === 'plot of 200 points' ? '?points=200' : '';
    return { kind, question: this.read(path + query, 'application/json') };
  }

  private upload(): { kind: Kind; question: Question } {
    const sessionId = randomUUID();
    const question = upload(this.account, sessionId, this.samples, SAMPLES);
    const check: Question['check'] = (answer) => {
      const fault = question.check(answer);
      if (fault === null) this.series.push(sessionId);
      return fault;
    };
    return { kind: 'upload of 1,000 samples', question: { ...question, check } };
  }

  private pull(): Question {
    const { account, deviceId, cursor } = this.phone;
    const { isNew } = this;
    return pull(account, { deviceId, lastSync: isNew ? 0 : cursor }, ({ body }) => {
      const { syncTime, hasMore, resync } = JSON.parse(body.toString()) as PullAnswer;
      if (hasMore || (resync && !isNew)) return `hasMore ${hasMore}, resync ${resync}`;
      // The clock of an account to which nobody has pushed yet stands at 0.
      this.isNew = syncTime === 0;
      if (!this.isNew) this.phone.cursor = syncTime;
      return null;
    });
  }

  private read(path: string, accept: string): Question {
    const { authorization } = headersOf(this.account);
    const headers = { authorization, accept };
    return { method: 'GET', path, headers, check: (answer) => wrongStatus(answer, 200) };
  }

  private oneOf(paths: readonly string[]): string {
    return paths[Math.floor(this.random() * paths.length)];
  }
}
