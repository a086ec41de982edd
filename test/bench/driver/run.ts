import { setTimeout as pause } from 'node:timers/promises';
import { Client, Pool } from 'undici';
import { quantile } from '../measure/statistics.js';
import type { Outcome, Pace } from './protocol.js';
import { dispatch, type Question, type Traffic } from './traffic.js';

/** Everything a run has seen. */
class Tally {
  private readonly latencies: number[] = [];
  private bad = 0;
  private fault: string | null = null;
  private readonly began = performance.now();

  /** Asks and checks; `dueAt` is when the request should have left. */
  async ask(client: Client | Pool, question: Question, dueAt: number): Promise<void> {
    let fault: string | null;
    try {
      const answer = await dispatch(client, question);
      this.latencies.push(performance.now() - dueAt);
      fault = question.check(answer);
    } catch (error) {
      fault = String(error);
    }
    if (fault === null) return;
    this.bad++;
    this.fault ??= `${question.method} ${question.path}: ${fault}`;
  }

  outcome(): Outcome {
    const at = (q: number) => quantile(this.latencies, q);
    return {
      requests: this.latencies.length,
      seconds: (performance.now() - this.began) / 1000,
      latency: { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) },
      bad: this.bad,
      fault: this.fault,
    };
  }
}

/** A bulk push or a first download may take its time on a busy machine. */
const TIMEOUT_MS = 60_000;

export const clientFor = (url: string) =>
  new Client(url, { pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

export const poolFor = (url: string, connections: number) =>
  new Pool(url, { connections, pipelining: 1, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });

/** Whatever was begun is answered before the run ends, so that its cost is counted whole. */
export async function run(url: string, traffic: Traffic, pace: Pace): Promise<Outcome> {
  const tally = new Tally();
  const until = performance.now() + pace.seconds * 1000;
  if (pace.rate === undefined) await runClosed(url, traffic, pace.connections, until, tally);
  else await runPaced(url, traffic, { ...pace, rate: pace.rate }, until, tally);
  return tally.outcome();
}

async function runClosed(url: string, traffic: Traffic, connections: number, until: number, tally: Tally) {
  const connection = async () => {
    const client = clientFor(url);
    while (performance.now() < until) {
      const question = traffic.next();
      if (question === null) break;
      await tally.ask(client, question, performance.now());
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: connections }, connection));
}

async function runPaced(
  url: string,
  traffic: Traffic,
  { connections, rate }: Pace & { rate: number },
  until: number,
  tally: Tally,
) {
  const pool = poolFor(url, connections);
  const begun: Promise<void>[] = [];
  const stepMs = 1000 / rate;
  for (let dueAt = performance.now(); dueAt < until; dueAt += stepMs) {
    const early = dueAt - performance.now();
    if (early > 0) await pause(early);
    const question = traffic.next();
    if (question === null) break;
    begun.push(tally.ask(pool, question, dueAt));
  }
  await Promise.all(begun);
  await pool.close();
}
