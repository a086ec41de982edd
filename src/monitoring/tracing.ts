import {
  type Attributes,
  context,
  type Context,
  propagation,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { PROGRAM_VERSION } from './program-version.js';

/**
 * Spans for whoever has loaded an SDK of OpenTelemetry before this program (docs/operations/monitoring.md); without one
 * there is no tracer, and all this costs is to see that there is none. OpenTelemetry keeps its tracer for the process,
 * so it is kept here for the process as well.
 */
let tracer: Tracer | undefined;

export { SpanKind };

/** Looks for an SDK. Called when a server is made, after whatever Node was told to import first. */
export function findTracer(): void {
  const provider = trace.getTracerProvider();
  const isEmpty =
    provider instanceof ProxyTracerProvider && provider.getDelegateTracer('phoenix-portal') === undefined;
  tracer = isEmpty ? undefined : provider.getTracer('phoenix-portal', PROGRAM_VERSION);
}

export const isTracing = (): boolean => tracer !== undefined;

/** Where a piece of work belongs; undefined while nobody traces. */
export type Place = Context | undefined;

/** The place of what runs now, for work that others begin later. */
export const placeOfNow = (): Place => (tracer === undefined ? undefined : context.active());

/** What belongs to a trace, for the log. */
export function traceIdOf(place: Place): string | undefined {
  return place === undefined ? undefined : trace.getSpanContext(place)?.traceId;
}

/** Begins the span of a request, below the one that its headers name. */
export function beginRequest(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: string,
  attributes: Attributes,
): Place {
  if (tracer === undefined) return undefined;
  const parent = propagation.extract(ROOT_CONTEXT, headers);
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
  return trace.setSpan(parent, span);
}

export function endRequest(place: Place, status: number): void {
  const span = place && trace.getSpan(place);
  if (!span) return;
  span.setAttribute('http.response.status_code', status);
  if (status >= 500) {
    span.setAttribute('error.type', String(status));
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}

/** Goes on at that place. */
export function continueAt(place: Place, work: () => void): void {
  if (place === undefined) work();
  else context.with(place, work);
}

export interface SpanOptions {
  kind?: SpanKind;
  attributes?: Attributes;
  /** Where the work belongs, if not to what runs now; more than one: it was done for all of them. */
  places?: readonly Place[];
}

/** Does the work within a span of its own. What it throws marks the span, without a word of it: it may be about people. */
export function inSpan<T>(name: string, work: () => Promise<T>, options?: () => SpanOptions): Promise<T> {
  return tracer === undefined ? work() : spanned(tracer, name, work, options?.() ?? {});
}

async function spanned<T>(
  tracer: Tracer,
  name: string,
  work: () => Promise<T>,
  { places = [], ...rest }: SpanOptions,
): Promise<T> {
  const [parent = context.active(), ...others] = places;
  const links = others.flatMap((place) => {
    const other = place && trace.getSpanContext(place);
    return other ? [{ context: other }] : [];
  });
  const span = tracer.startSpan(name, { ...rest, links }, parent);
  try {
    return await context.with(trace.setSpan(parent, span), work);
  } catch (error) {
    fail(span, error);
    throw error;
  } finally {
    span.end();
  }
}

function fail(span: Span, error: unknown): void {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const type = [code, name].find((word) => typeof word === 'string') ?? typeof error;
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
