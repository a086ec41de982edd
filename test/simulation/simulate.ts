import * as fc from 'fast-check';
import { lineOf, type Script, scripts } from './commands.js';
import type { SimServer } from './server.js';
import { Simulation } from './simulation.js';

export interface SimulationOptions {
  runs: number;
  seed: number;
  /** A server with nothing in it, for every run. */
  open: () => Promise<SimServer>;
  /** Of an earlier failure: goes to it at once. */
  path?: string;
  /** A violation is enough; the shortest script is not needed. */
  isHasty?: boolean;
  onRun?: (runs: number) => void;
}

export interface SimulationResult {
  /** Runs before a violation, or all. */
  runs: number;
  /** For people; null where every invariant held. */
  failure: string | null;
}

/** Runs scripts until one violates an invariant, and makes that one as short as it can be. */
export async function simulate(options: SimulationOptions): Promise<SimulationResult> {
  const { runs, seed, open, path, isHasty, onRun } = options;
  let done = 0;
  const property = fc.asyncProperty(scripts, async (script) => {
    onRun?.(++done);
    await Simulation.run(await open(), script);
  });
  const details = await fc.check(property, {
    numRuns: runs,
    seed,
    ...(path === undefined ? {} : { path }),
    endOnFailure: isHasty === true,
  });
  if (!details.failed) return { runs: details.numRuns, failure: null };
  const [script] = details.counterexample ?? [];
  return {
    runs: details.numRuns,
    failure: [
      `seed ${details.seed}, path ${details.counterexamplePath}, found in run ${details.numRuns}, shrunk ${details.numShrinks} times`,
      ...(script ? scriptLines(script) : []),
      ...described(details.errorInstance),
    ].join('\n'),
  };
}

function scriptLines({ phones, commands }: Script): string[] {
  return [`  ${phones} phones`, ...commands.map((command) => `  ${lineOf(command)}`)];
}

/** A violation says all by itself; anything else is told with what caused it. */
function described(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  if (error.name === 'Violation') return [error.message];
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : described(error.cause))];
}
