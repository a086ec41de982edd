import { type FieldFault, PortalError } from './portal-error.js';

/** An answer whose body has arrived whole. Has what is read of a Response. */
export class Answer {
  readonly ok: boolean;

  constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly body: string | ArrayBuffer,
  ) {
    this.ok = status === 200 || status === 201;
  }

  get type(): string {
    return (this.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  }

  text = (): Promise<string> => Promise.resolve(this.body as string);

  json = async (): Promise<unknown> => JSON.parse(await this.text()) as unknown;

  arrayBuffer = (): Promise<ArrayBuffer> => Promise.resolve(this.body as ArrayBuffer);
}

type Problem = { code: string; title: string } & Record<string, unknown>;

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Problem).code === 'string' &&
  typeof (value as Problem).title === 'string';

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** Whoever answered so, it was not the portal: a captive portal, a proxy, an answer cut short. */
const notThePortal = (status: number, retryAfterMs: number | null, cause?: unknown) =>
  new PortalError('client.bad_answer', { status: status || null, retryAfterMs, cause });

/** What an unsuccessful answer says. Only problem+json counts as the portal's own word. */
export async function problemIn(answer: Answer, now: number): Promise<PortalError> {
  const { status, headers } = answer;
  const retryAfterMs = readRetryAfter(headers, now);
  if (answer.type !== 'application/problem+json') return notThePortal(status, retryAfterMs);
  const problem = await answer.json().catch((error: unknown) => error);
  if (!isProblem(problem)) return notThePortal(status, retryAfterMs, problem);
  const { code, title, detail, requestId, errors } = problem;
  return new PortalError(code, {
    title,
    detail: textOrNull(detail),
    status,
    retryAfterMs,
    requestId: textOrNull(requestId) ?? headers.get('x-request-id'),
    errors: Array.isArray(errors) ? (errors as FieldFault[]) : undefined,
  });
}

/**
 * Seconds or a date. A date is measured against the answer's own, where it has one: the clock of a phone may be wrong.
 */
export function readRetryAfter(headers: Headers, now: number): number | null {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Math.min(MAX_WAIT_MS, Number(value) * 1000);
  const at = Date.parse(value);
  if (Number.isNaN(at)) return null;
  const sentAt = Date.parse(headers.get('date') ?? '');
  return Math.min(MAX_WAIT_MS, Math.max(0, at - (Number.isNaN(sentAt) ? now : sentAt)));
}

/** A longer wait is a mistake of somebody’s clock. */
const MAX_WAIT_MS = 60 * 60 * 1000;
