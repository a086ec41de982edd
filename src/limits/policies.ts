/** Limits on all requests of one account. */
const ACCOUNT_LIMITS = ['sync', 'uploads', 'reads', 'account'] as const;
export type AccountLimit = (typeof ACCOUNT_LIMITS)[number];
export const isAccountLimit = (name: string): name is AccountLimit =>
  (ACCOUNT_LIMITS as readonly string[]).includes(name);

/** Limits on what failed, by the address it came from. */
export type FailureLimit = 'sign-in-failures' | 'token-failures';

/** What is counted of a request, besides all that come from its address. */
export interface Policy {
  /** Counted for the account, once it is known; only such routes need a token. */
  account?: AccountLimit;
  /** Refused while too much of this has failed for the address. */
  failures?: FailureLimit;
  /** Nothing is counted at all. */
  unlimited?: true;
}

const SYNC: Policy = { account: 'sync' };
const UPLOADS: Policy = { account: 'uploads' };
const READS: Policy = { account: 'reads' };
const ACCOUNT: Policy = { account: 'account' };
const SIGN_IN: Policy = { failures: 'sign-in-failures' };
/** Refresh tokens, and links from e-mails. */
const SECRETS: Policy = { failures: 'token-failures' };
/** The documentation, static and for everybody; and what has a secret of its own: figures, support, the shop's events. */
const OPEN: Policy = {};
/** Load balancers ask, all from one address. */
const UNLIMITED: Policy = { unlimited: true };

/**
 * Every route and what is counted of it; HEAD counts as GET. A test compares this with the router, so a new route needs its
 * line; one that is missing all the same counts as `account`, the narrowest.
 */
export const POLICIES: Readonly<Record<string, Policy>> = {
  'POST /api/auth/signup': SIGN_IN,
  'POST /api/auth/login': SIGN_IN,
  'POST /api/auth/undelete': SIGN_IN,
  'POST /api/auth/refresh': SECRETS,
  'POST /api/auth/email/confirm': SECRETS,
  'POST /api/auth/password/forgot': SECRETS,
  'POST /api/auth/password/reset': SECRETS,
  'POST /api/auth/email/confirmation': ACCOUNT,
  'POST /api/auth/logout': ACCOUNT,
  'POST /api/auth/password': ACCOUNT,
  'GET /api/auth/me': ACCOUNT,
  'PATCH /api/auth/me': ACCOUNT,
  'DELETE /api/auth/me': ACCOUNT,

  'GET /api/account/export': ACCOUNT,
  'POST /api/account/import': ACCOUNT,

  'POST /api/sync/push': SYNC,
  'POST /api/sync/pull': SYNC,
  'GET /api/sync/status': SYNC,
  'GET /api/sync/digest': SYNC,
  'GET /api/sync/limits': SYNC,
  'GET /api/sync/events': SYNC,
  'POST /api/sessions/:id/metrics': UPLOADS,

  'GET /api/sync/history/:collection/:id': READS,
  'POST /api/sync/history/:collection/:id/:version/restore': READS,
  'GET /api/sync/rejected': READS,
  'GET /api/sync/devices': READS,
  'PATCH /api/sync/devices/:deviceId': READS,
  'DELETE /api/sync/devices/:deviceId': READS,
  'GET /api/sessions': READS,
  'GET /api/sessions/:id': READS,
  'GET /api/sessions/:id/metrics': READS,
  'GET /api/workouts': READS,
  'GET /api/records': READS,
  'GET /api/records/history': READS,
  'GET /api/totals': READS,
  'GET /api/totals/exercises': READS,
  'GET /api/routines': READS,
  'GET /api/routines/:id': READS,
  'GET /api/exercises': READS,
  'GET /api/badges': READS,
  'GET /api/stats': READS,

  'GET /api/docs': OPEN,
  'GET /api/docs/*': OPEN,
  'GET /api/docs-json': OPEN,
  'GET /api/docs-yaml': OPEN,

  'POST /api/billing/revenuecat': OPEN,
  'GET /api/admin/accounts/:id': OPEN,
  'GET /api/admin/accounts/:id/billing-events': OPEN,
  'POST /api/admin/accounts/find': OPEN,
  'POST /api/admin/accounts/:id/subscription/adopt': OPEN,
  'POST /api/admin/accounts/:id/subscription/derive': OPEN,
  'PUT /api/admin/accounts/:id/subscription': OPEN,
  'GET /metrics': OPEN,
  'GET /health/live': UNLIMITED,
  'GET /health/ready': UNLIMITED,
};

interface Routed {
  method: string;
  routeOptions: { url?: string };
}

/** The policy of a request's route; of an address that does not exist, nothing but the address it comes from counts. */
export function policyOf({ method, routeOptions: { url } }: Routed): Policy {
  if (url === undefined || url === '*') return OPEN;
  return POLICIES[`${method === 'HEAD' ? 'GET' : method} ${url}`] ?? ACCOUNT;
}
