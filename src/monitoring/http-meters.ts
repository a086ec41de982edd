import { Injectable } from '@nestjs/common';
import type { Count, Spread } from './cells.js';
import type { Family } from './family.js';
import { Meters } from './meters.js';

/** Seconds. The targets of docs/performance.md lie between two of them. */
const DURATIONS = [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120];

const KIB = 1024;
/** Bytes, from an idle pull to the largest push. */
export const SIZES = [0.25, 1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536].map((size) => size * KIB);

/** Those that are there from a route's first request on: a rate needs a number before the first fault. */
const CLASSES = ['2xx', '4xx', '5xx'];

/** What is counted of the requests of one route. */
interface RouteMeters {
  answers: Map<number, Count>;
  duration: Spread;
  body: Spread;
}

/** One request that was answered. `route` is the pattern; undefined: no route fits. */
export interface Answered {
  method: string;
  route: string | undefined;
  status: number;
  ms: number;
  bodyBytes: number;
}

/** Counts requests by the pattern of their route: a path as it was sent would be a metric for every record there is. */
@Injectable()
export class HttpMeters {
  private readonly answers: Family<'method' | 'route' | 'status', Count>;
  private readonly durations: Family<'method' | 'route', Spread>;
  private readonly bodies: Family<'method' | 'route', Spread>;
  private readonly routes = new Map<string, Map<string, RouteMeters>>();
  private readonly unknown: RouteMeters;

  constructor(meters: Meters) {
    const labels = ['method', 'route'] as const;
    this.answers = meters.counts(
      'http_requests_total',
      'Requests answered, by method, route and class of status. Route "none": no such address.',
      [...labels, 'status'],
    );
    this.durations = meters.spreads(
      'http_request_duration_seconds',
      'From the first byte of a request to the last of its answer.',
      { bounds: DURATIONS, labels },
    );
    this.bodies = meters.spreads(
      'http_request_body_bytes',
      'Bodies of requests, unpacked. Of the route /api/sync/push: the size of pushes.',
      { bounds: SIZES, labels },
    );
    this.unknown = this.metersOf('any', 'none');
  }

  answered({ method, route, status, ms, bodyBytes }: Answered): void {
    const meters = route === undefined ? this.unknown : this.knownMeters(method, route);
    const hundred = (status / 100) | 0;
    let answers = meters.answers.get(hundred);
    if (!answers) {
      const labels = route === undefined ? { method: 'any', route: 'none' } : { method, route };
      answers = this.answers.of({ ...labels, status: `${hundred}xx` });
      meters.answers.set(hundred, answers);
    }
    answers.value++;
    meters.duration.observe(ms / 1000);
    if (bodyBytes > 0) meters.body.observe(bodyBytes);
  }

  /** Two small lookups: putting one key together would cost more than both. */
  private knownMeters(method: string, route: string): RouteMeters {
    let methods = this.routes.get(route);
    if (!methods) {
      methods = new Map();
      this.routes.set(route, methods);
    }
    let meters = methods.get(method);
    if (!meters) {
      meters = this.metersOf(method, route);
      methods.set(method, meters);
    }
    return meters;
  }

  private metersOf(method: string, route: string): RouteMeters {
    for (const status of CLASSES) this.answers.of({ method, route, status });
    return {
      answers: new Map(),
      duration: this.durations.of({ method, route }),
      body: this.bodies.of({ method, route }),
    };
  }
}
