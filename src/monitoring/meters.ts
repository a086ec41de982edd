import { type Metric, Registry } from 'prom-client';
import { Family } from './family.js';
import { Count, Spread } from './cells.js';

type Values<L extends string> = Readonly<Record<L, string>>;

/** What a gauge shows at this moment. */
export interface Sample<L extends string = string> {
  labels?: Values<L>;
  value: number;
}

type Reading<L extends string> = () => Iterable<Sample<L>> | Promise<Iterable<Sample<L>>>;

/** A metric as docs/operations/monitoring.md names it. */
export interface Described {
  name: string;
  type: string;
  labels: readonly string[];
  help: string;
}

interface Line {
  metricName?: string;
  labels: Readonly<Record<string, string | number>>;
  value: number;
}

interface Definition extends Described {
  read: () => Line[] | Promise<Line[]>;
}

export const PREFIX = 'phoenix_';

/**
 * Everything one server counts; tests start several in one process, so it is injected. What is counted on the way of a
 * request is a plain number in an object the counting code holds; it becomes a metric when somebody asks. prom-client's
 * own counters put their labels together anew with each call: 200 to 330 ns instead of 4, and an idle pull has six of
 * them in its 100 µs.
 */
export class Meters {
  readonly registry = new Registry();
  private readonly defined: Definition[] = [];

  /** Numbers that only grow. `name` ends in `_total`. */
  counts<L extends string>(name: string, help: string, labels: readonly L[]): Family<L, Count> {
    const family = new Family(labels, () => new Count());
    this.define({
      name,
      help,
      labels,
      type: 'counter',
      read: () => family.map((labels, { value }) => ({ labels, value })),
    });
    return family;
  }

  count(name: string, help: string): Count {
    return this.counts<never>(name, help, []).of({});
  }

  /** A number that something else counts. */
  derivedCount(name: string, help: string, reading: () => number): void {
    this.define({ name, help, labels: [], type: 'counter', read: () => [{ labels: {}, value: reading() }] });
  }

  /** How often something was of which size. */
  spreads<L extends string>(
    name: string,
    help: string,
    { bounds, labels }: { bounds: readonly number[]; labels: readonly L[] },
  ): Family<L, Spread> {
    const family = new Family(labels, () => new Spread(bounds));
    this.define({
      name,
      help,
      labels,
      type: 'histogram',
      read: () => family.map((labels, spread) => linesOf(PREFIX + name, labels, spread)).flat(),
    });
    return family;
  }

  spread(name: string, help: string, bounds: readonly number[]): Spread {
    return this.spreads<never>(name, help, { bounds, labels: [] }).of({});
  }

  /** Read when somebody asks. What cannot be read is left out of the answer; a reading must not wait for long. */
  gauges<L extends string>(name: string, help: string, labels: readonly L[], reading: Reading<L>): void {
    this.define({
      name,
      help,
      labels,
      type: 'gauge',
      read: async () =>
        Array.from(await reading(), ({ labels: values, value }) => ({ labels: { ...values }, value })),
    });
  }

  gauge(name: string, help: string, reading: () => number | undefined | Promise<number | undefined>): void {
    this.gauges<never>(name, help, [], async () => {
      const value = await reading();
      return value === undefined ? [] : [{ value }];
    });
  }

  /** All that was defined here, by name; without what prom-client tells of the process. */
  describe(): Described[] {
    return this.defined
      .map(({ name, type, labels, help }) => ({ name, type, labels, help }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private define({ name, read, ...rest }: Definition): void {
    const definition: Definition = { name: PREFIX + name, read, ...rest };
    this.defined.push(definition);
    // A registry asks nothing more of a metric than its name and what `get` gives.
    const metric = {
      ...definition,
      aggregator: 'sum',
      reset: () => undefined,
      get: async () => ({ ...definition, aggregator: 'sum', values: await read() }),
    };
    this.registry.registerMetric(metric as unknown as Metric);
  }
}

function linesOf(name: string, labels: Values<string>, { bounds, places, sum }: Spread): Line[] {
  let below = 0;
  const buckets = [...bounds, '+Inf'].map((le, place): Line => {
    below += places[place];
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: below };
  });
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: below },
  ];
}
