import type { Outcome, Pace } from '../driver/protocol.js';
import type { Driver } from '../lab/driver.js';
import type { Lab } from '../lab/lab.js';
import type { Server } from '../lab/server.js';
import { median } from '../measure/statistics.js';
import type { BadLine, LoadLine } from '../report/figure.js';

/** How long and how often. */
export interface Effort {
  rounds: number;
  seconds: number;
  /** Rows of other users in the largest table that growth is measured with. */
  rows: number;
}

/** One round of one traffic on one server; CPU in µs and rate per unit. */
export interface Round {
  rate: number;
  serverUs: number;
  postgresUs: number;
  outcome: Outcome;
}

/** One traffic on one server, with all its rounds. */
export interface Measured {
  name: string;
  rounds: Round[];
}

export interface Entry {
  /** Tells the entries apart: a server's name, or the size of its tables. */
  name: string;
  key: string;
  server: Server;
}

export interface Plan {
  pace: Pace;
  /** Rows, samples … in a request. */
  unitsPerRequest: number;
  rounds: number;
}

/** CPU of the server and of PostgreSQL while something happens, in seconds. */
async function cpuDuring<T>(lab: Lab, server: Server, work: () => Promise<T>) {
  const before = { server: server.cpu(), postgres: lab.postgres.cpu() };
  const result = await work();
  return { result, server: server.cpu() - before.server, postgres: lab.postgres.cpu() - before.postgres };
}

async function measureRound(lab: Lab, driver: Driver, { key, server }: Entry, plan: Plan): Promise<Round> {
  await driver.renew(key);
  const { result: outcome, ...cpu } = await cpuDuring(lab, server, () => driver.run(key, plan.pace));
  const units = outcome.requests * plan.unitsPerRequest;
  return {
    rate: units / outcome.seconds,
    serverUs: (cpu.server * 1e6) / units,
    postgresUs: (cpu.postgres * 1e6) / units,
    outcome,
  };
}

/**
 * Measures entries in turn, each once per round, in an order that rotates, after one round that does not count: what
 * else happens on the machine meets all of them alike.
 */
export async function alternate(
  lab: Lab,
  driver: Driver,
  entries: readonly Entry[],
  plan: Plan,
): Promise<Measured[]> {
  const measured = entries.map(({ name }) => ({ name, rounds: [] as Round[] }));
  for (const entry of entries) {
    await driver.renew(entry.key);
    await driver.run(entry.key, { ...plan.pace, seconds: Math.min(plan.pace.seconds, 1.5) });
  }
  for (let round = 0; round < plan.rounds; round++)
    for (let i = 0; i < entries.length; i++) {
      const place = (i + round) % entries.length;
      measured[place].rounds.push(await measureRound(lab, driver, entries[place], plan));
    }
  return measured;
}

export const loadLineOf = (job: string, { name, rounds }: Measured): LoadLine => {
  const of = (value: (round: Round) => number) => median(rounds.map(value));
  return {
    job,
    server: name,
    rate: of(({ rate }) => rate),
    serverUs: of(({ serverUs }) => serverUs),
    postgresUs: of(({ postgresUs }) => postgresUs),
    p50: of(({ outcome }) => outcome.latency.p50),
    p99: of(({ outcome }) => outcome.latency.p99),
  };
};

/** Nothing was measured where nothing was answered. */
export function badLinesOf(job: string, { name, rounds }: Measured): BadLine[] {
  const count = rounds.reduce((sum, { outcome }) => sum + outcome.bad, 0);
  const isSilent = rounds.some(({ outcome }) => outcome.requests === 0);
  if (count === 0 && !isSilent) return [];
  const fault = rounds.find(({ outcome }) => outcome.fault !== null)?.outcome.fault;
  return [{ job, server: name, count: Math.max(count, 1), fault: fault ?? 'nothing was answered' }];
}
