import { HttpException } from '@nestjs/common';

/** What every error of the API says beside its code. `detail` is one plain sentence that says what to do. */
interface ErrorKind {
  status: number;
  title: string;
  detail: string;
}

/**
 * Every error code of the API. Codes are public: never renamed, never reused; docs/errors.md has a paragraph for each
 * (a test compares). `error` in an answer is the title, which phones show to people.
 */
export const ERRORS = {
  'request.invalid': {
    status: 400,
    title: 'The request is not valid',
    detail: 'Correct the fields named in `errors` and send it again.',
  },
  'request.not_json': {
    status: 400,
    title: 'The body is not valid JSON',
    detail: 'Send one JSON object, encoded as UTF-8, with Content-Type application/json.',
  },
  'request.unsupported_media_type': {
    status: 415,
    title: 'This content type or encoding is not supported',
    detail: 'Send application/json, plain or with Content-Encoding gzip or br.',
  },
  'request.too_large': {
    status: 413,
    title: 'The request is too large',
    detail: 'Send less at once; GET /api/sync/limits names what a push and an upload may hold.',
  },
  'request.refused': {
    status: 400,
    title: 'The request could not be read',
    detail: 'Check its headers, path and body.',
  },
  'route.not_found': {
    status: 404,
    title: 'There is no such address',
    detail: 'See /api/docs for the addresses of this API.',
  },
  'route.method_not_allowed': {
    status: 405,
    title: 'This method is not allowed here',
    detail: 'See /api/docs for the methods of this address.',
  },
  'auth.token_missing': {
    status: 401,
    title: 'Please sign in',
    detail: 'Send the access token as `Authorization: Bearer <token>`.',
  },
  'auth.token_invalid': {
    status: 401,
    title: 'Please sign in again',
    detail: 'The access token is not valid; sign in or use the refresh token.',
  },
  'auth.token_expired': {
    status: 401,
    title: 'Please sign in again',
    detail: 'The access token has expired; use the refresh token or sign in.',
  },
  'auth.token_revoked': {
    status: 401,
    title: 'Please sign in again',
    detail: 'This sign-in has been ended; sign in again.',
  },
  'auth.token_reused': {
    status: 401,
    title: 'Please sign in again',
    detail: 'This refresh token was used before, so the sign-in has been ended for safety; sign in again.',
  },
  'auth.refresh_token_invalid': {
    status: 401,
    title: 'Please sign in again',
    detail: 'The refresh token is unknown or has expired; sign in again.',
  },
  'auth.credentials_wrong': {
    status: 401,
    title: 'The e-mail address or the password is wrong',
    detail: 'Check both and try again.',
  },
  'auth.too_many_attempts': {
    status: 429,
    title: 'Too many attempts to sign in',
    detail: 'Wait for the time in Retry-After, then try again with the right password.',
  },
  'auth.email_taken': {
    status: 409,
    title: 'There is already an account with this e-mail address',
    detail: 'Sign in with it, or use another address.',
  },
  'auth.password_common': {
    status: 400,
    title: 'This password is too easy to guess',
    detail:
      'Choose one that is not among the most common ones and not the e-mail address; a few words in a row do well.',
  },
  'auth.account_disabled': {
    status: 403,
    title: 'This account has been disabled',
    detail: 'Nothing in it was deleted. Ask whoever runs this service to enable it again.',
  },
  'auth.account_deleted': {
    status: 403,
    title: 'This account is going to be deleted',
    detail: 'Until `purgeAt` POST /api/auth/undelete brings it back complete; then it is gone for good.',
  },
  'auth.link_invalid': {
    status: 400,
    title: 'This link is no longer valid',
    detail: 'It has expired, was used, or a newer one was sent; ask for another e-mail.',
  },
  'mail.not_configured': {
    status: 501,
    title: 'This service cannot send e-mail',
    detail: 'It has no mail server, so no link can be sent. Ask whoever runs it.',
  },
  'mail.too_many': {
    status: 429,
    title: 'Too many e-mails were asked for',
    detail: 'Look into the mailbox, spam included, or ask again after the time in Retry-After.',
  },
  'rate.account': {
    status: 429,
    title: 'Too many requests for this account',
    detail: 'Go on after the time in Retry-After; GET /api/sync/limits names how many are taken in a minute.',
  },
  'rate.address': {
    status: 429,
    title: 'Too many requests from this network',
    detail: 'Go on after the time in Retry-After.',
  },
  'rate.failures': {
    status: 429,
    title: 'Too many failed attempts from this network',
    detail: 'Go on after the time in Retry-After; whoever is signed in stays so.',
  },
  'premium.required': {
    status: 403,
    title: 'Premium subscription required',
    detail: 'Sync needs a premium subscription; GET /api/sync/status tells its state.',
  },
  'billing.authorization_wrong': {
    status: 401,
    title: 'This webhook is not for you',
    detail: 'Send the Authorization that REVENUECAT_WEBHOOK_AUTHORIZATION names.',
  },
  'billing.signature_wrong': {
    status: 401,
    title: 'The signature of this event is not right',
    detail: 'Sign the body with REVENUECAT_SIGNING_SECRET, not longer than five minutes ago.',
  },
  'admin.key_wrong': {
    status: 401,
    title: 'The key of support is needed',
    detail: 'Send it as X-Admin-Key or as `Authorization: Bearer <key>`.',
  },
  'account.unknown': {
    status: 404,
    title: 'There is no such account',
    detail: 'Check the e-mail address or the id; the account may have been deleted.',
  },
  'sync.device_revoked': {
    status: 403,
    title: 'This device may no longer sync',
    detail: 'The account’s owner has revoked this device; allow it again in the list of devices.',
  },
  'sync.busy': {
    status: 503,
    title: 'This account is busy with another request',
    detail: 'Send the same request again after the time in Retry-After; nothing was stored.',
  },
  'record.unknown': {
    status: 404,
    title: 'There is no such record',
    detail: 'Check the collection and the id; a record is named by its client id or its server id.',
  },
  'metrics.invalid_samples': {
    status: 400,
    title: 'Some samples are not valid',
    detail:
      'Nothing of this upload was stored. Correct or leave out the samples named in `errors` and send it again.',
  },
  'history.version_unknown': {
    status: 404,
    title: 'There is no such version of this record',
    detail: 'List the versions with GET /api/sync/history/{collection}/{id}.',
  },
  'sync.collection_unknown': {
    status: 404,
    title: 'There is no such collection',
    detail: 'GET /api/sync/limits names the collections.',
  },
  'sync.device_unknown': {
    status: 404,
    title: 'There is no such device',
    detail: 'GET /api/sync/devices lists the devices of this account.',
  },
  'export.running': {
    status: 409,
    title: 'An export of this account is running or waiting already',
    detail: 'Wait until it has been downloaded, or end that download, then ask again.',
  },
  'import.running': {
    status: 409,
    title: 'An import into this account is running or waiting already',
    detail: 'Wait until it has ended, then send the same file again.',
  },
  'import.not_an_export': {
    status: 400,
    title: 'This file is not an export of a Phoenix Portal account',
    detail: 'Send the ZIP that GET /api/account/export gave, as it is.',
  },
  'import.newer_format': {
    status: 400,
    title: 'This export was made by a newer version of the server',
    detail: 'Import it into a server that is at least as new as the one it comes from.',
  },
  'import.damaged': {
    status: 400,
    title: 'This export is damaged or incomplete',
    detail: 'Nothing of it was imported. Copy or download it again, then send it again.',
  },
  'import.too_large': {
    status: 413,
    title: 'This export is too large',
    detail: 'Nothing of it was imported; docs/export-format.md names the limits.',
  },
  'server.unavailable': {
    status: 503,
    title: 'The service is not available right now',
    detail: 'Send the same request again after the time in Retry-After; nothing was lost.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong on the server',
    detail: 'Try again later; when you report it, name the request id.',
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

/** One faulty place of a request: where, which rule, and what to do. */
export interface FieldError {
  path: string;
  code: string;
  message: string;
}

export interface ErrorExtras {
  /** Replaces the table's sentence where the case knows more. Never database text, paths or stacks. */
  detail?: string;
  errors?: FieldError[];
  retryAfterSeconds?: number;
  /** When an account that was deleted will be gone for good, epoch ms. */
  purgeAt?: number;
  /** Kept for the log, never sent. */
  cause?: unknown;
}

/** Any refusal of the API: the code is said here, the table knows the rest. */
export class AppError extends HttpException {
  constructor(
    readonly code: ErrorCode,
    readonly extras: ErrorExtras = {},
  ) {
    super(ERRORS[code].title, ERRORS[code].status, { cause: extras.cause });
  }
}
