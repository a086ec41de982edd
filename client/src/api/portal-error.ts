/** What went wrong before or beside an answer of the portal; the portal's own codes are listed in docs/errors.md. */
export type ClientErrorCode =
  | 'client.offline'
  | 'client.timeout'
  | 'client.aborted'
  | 'client.signed_out'
  | 'client.bad_answer'
  | 'client.other_account'
  | 'client.storage'
  | 'client.record_too_large'
  | 'client.invalid_samples';

const TITLES: Record<ClientErrorCode, string> = {
  'client.offline': 'The portal cannot be reached',
  'client.timeout': 'The portal did not answer in time',
  'client.aborted': 'The request was cancelled',
  'client.signed_out': 'Please sign in',
  'client.bad_answer': 'Something other than the portal answered',
  'client.other_account': 'This device holds the data of another account',
  'client.storage': 'The storage of this device failed',
  'client.record_too_large': 'A record is too large to be sent',
  'client.invalid_samples': 'Some samples have values that are no measurements',
};

const RETRYABLE_CODES: readonly string[] = ['client.offline', 'client.timeout', 'client.bad_answer'];
const RETRYABLE_STATUSES: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** One faulty place of a request. */
export interface FieldFault {
  path: string;
  code: string;
  message: string;
}

export interface PortalErrorDetails {
  /** One sentence for people; the code's own by default. */
  title?: string;
  /** What to do about it, as the portal says it. */
  detail?: string | null;
  /** HTTP status, where there was an answer. */
  status?: number | null;
  retryAfterMs?: number | null;
  requestId?: string | null;
  errors?: FieldFault[];
  cause?: unknown;
}

/** Everything that can go wrong with the portal. Programs decide by `code` and `retryable`, people read `message`. */
export class PortalError extends Error {
  override readonly name = 'PortalError';
  readonly status: number | null;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** How long the portal asked to wait before that. */
  readonly retryAfterMs: number | null;
  readonly title: string;
  readonly detail: string | null;
  /** Names the request in the portal's log. */
  readonly requestId: string | null;
  readonly errors: FieldFault[] | undefined;

  /** @param code a code of the portal, or one of ClientErrorCode */
  constructor(
    readonly code: ClientErrorCode | (string & {}),
    { title, detail, status, retryAfterMs, requestId, errors, cause }: PortalErrorDetails = {},
  ) {
    const sentence = title ?? (TITLES as Record<string, string | undefined>)[code] ?? code;
    super(sentence, { cause });
    this.title = sentence;
    this.detail = detail ?? null;
    this.status = status ?? null;
    this.retryAfterMs = retryAfterMs ?? null;
    this.requestId = requestId ?? null;
    this.retryable = code.startsWith('client.')
      ? RETRYABLE_CODES.includes(code)
      : RETRYABLE_STATUSES.includes(this.status ?? 0);
    this.errors = errors;
  }
}
