import { parseArgs } from 'node:util';
import type { HeldSubscription } from '../auth/subscription/ledger.js';
import type { LedgerLine } from '../auth/subscription/ledger-rows.js';
import { type Subscription, SubscriptionService } from '../auth/subscription.service.js';
import { type Action, type Command, UsageError } from './command.js';
import { parseUntil } from './until.js';

/** What the ledger has room for. */
const REASON_MAX_LENGTH = 200;

const HELP = `Usage:
  subscription grant EMAIL [--until DATE] [--reason TEXT]
                              give premium, without end unless DATE is named
  subscription revoke EMAIL [--reason TEXT]
                              end premium now, without grace, whatever it comes from;
                              what a store says afterwards counts again
  subscription show EMAIL     show the subscription and what it comes from
  subscription events EMAIL   list what stores and operators have said about it

DATE is 2027-12-31 (to the end of that day, UTC) or 2027-12-31T23:59:59+01:00.
Everything takes effect with the next request of the account's phones.`;

const VERBS = ['grant', 'revoke', 'show', 'events'] as const;
type Verb = (typeof VERBS)[number];

/** `subscription grant|revoke|show|events EMAIL [--until DATE] [--reason TEXT]` */
export const subscription: Command = {
  name: 'subscription',
  summary: 'grant, revoke or show the premium subscription of an account',
  help: HELP,
  read(args: string[]): Action {
    const { verb, email, until, reason } = readArguments(args);
    return async (app) => {
      const subscriptions = app.get(SubscriptionService);
      const userId = await subscriptions.findAccount(email);
      if (userId === null) throw noAccount(email);
      if (verb === 'events') return listing(email, userId, await subscriptions.ledgerOf(userId));
      const change = {
        grant: () => subscriptions.grantTo(userId, until, reason),
        revoke: () => subscriptions.revokeFrom(userId, reason),
        show: () => subscriptions.find(email),
      };
      const found = await change[verb]();
      if (found === null) throw noAccount(email);
      const held = await subscriptions.heldBy(userId);
      return [describe(email, found, subscriptions.isPremium(found)), ...held.map(describeHeld)].join('\n');
    };
  },
};

const noAccount = (email: string) => new UsageError(`There is no account with the e-mail address ${email}.`);

function readArguments(args: string[]) {
  const { positionals, values } = parseArgs({
    args,
    options: { until: { type: 'string' }, reason: { type: 'string' } },
    allowPositionals: true,
  });
  const [verb, email, ...rest] = positionals;
  if (!isVerb(verb)) {
    const [last, ...others] = VERBS.map((each) => `"subscription ${each}"`).toReversed();
    throw new UsageError(`Say ${others.toReversed().join(', ')} or ${last}.`);
  }
  if (email === undefined) throw new UsageError(`Say whose subscription: "subscription ${verb} EMAIL".`);
  if (rest.length > 0) throw new UsageError('Name one e-mail address at a time.');
  if (values.until !== undefined && verb !== 'grant')
    throw new UsageError('--until belongs to "grant" only.');
  if (values.reason !== undefined && verb !== 'grant' && verb !== 'revoke')
    throw new UsageError('--reason belongs to "grant" and "revoke".');
  if (values.reason !== undefined && values.reason.length > REASON_MAX_LENGTH)
    throw new UsageError(`--reason has room for ${REASON_MAX_LENGTH} characters.`);
  const until = values.until === undefined ? null : parseUntil(values.until, Date.now());
  return { verb, email, until, reason: values.reason };
}

const isVerb = (word: string | undefined): word is Verb => VERBS.includes(word as Verb);

function describe(
  email: string,
  { subscriptionStatus, subscriptionExpiresAt }: Subscription,
  isPremium: boolean,
) {
  return `${email}: ${subscriptionStatus}${untilOf(subscriptionExpiresAt)}; sync is ${isPremium ? 'open' : 'closed'} now.`;
}

const untilOf = (at: number | null): string => (at === null ? '' : ` until ${new Date(at).toISOString()}`);

/** `  APP_STORE com.phoenix.yearly until 2027-…, last RENEWAL`, and why where it does not count. */
function describeHeld(held: HeldSubscription & { counts: boolean }): string {
  const { store, productId, endsAt, graceUntil, isOver, counts, lastEvent, lastReason } = held;
  const what = [store, productId].filter((part) => part !== null).join(' ');
  const grace = graceUntil === null ? '' : `, payment retried${untilOf(graceUntil)}`;
  const state = counts ? '' : isOver ? ', over' : ', does not count';
  const reason = lastReason === null ? '' : ` (${lastReason})`;
  return `  ${what}${untilOf(endsAt)}${grace}${state}; last ${lastEvent}${reason}`;
}

function listing(email: string, userId: string, ledger: readonly LedgerLine[]): string {
  if (ledger.length === 0) return `${email}: nobody has said anything about its subscriptions.`;
  const lines = ledger.map(
    ({ eventAt, type, store, productId, expiresAt, reason, holderId, environment }) => {
      const parts = [type, store, environment === 'SANDBOX' ? environment : null, productId];
      const said = parts.filter((part) => part !== null && part !== 'OPERATOR').join(' ');
      const why = reason === null ? '' : ` (${reason})`;
      const whose = holderId === userId ? '' : ', of somebody else, came with a transfer';
      return `  ${new Date(eventAt).toISOString()} ${said}${untilOf(expiresAt)}${why}${whose}`;
    },
  );
  return [`${email}:`, ...lines].join('\n');
}
