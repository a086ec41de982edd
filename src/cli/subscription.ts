import { parseArgs } from 'node:util';
import { type Subscription, SubscriptionService } from '../auth/subscription.service.js';
import { type Action, type Command, UsageError } from './command.js';
import { parseUntil } from './until.js';

const HELP = `Usage:
  subscription grant EMAIL [--until DATE]   give premium, without end unless DATE is named
  subscription revoke EMAIL                 end premium now, without grace
  subscription show EMAIL                   show the subscription

DATE is 2027-12-31 (to the end of that day, UTC) or 2027-12-31T23:59:59+01:00.
Everything takes effect with the next request of the account's phones.`;

/** `subscription grant|revoke|show EMAIL [--until DATE]` */
export const subscription: Command = {
  name: 'subscription',
  summary: 'grant, revoke or show the premium subscription of an account',
  help: HELP,
  read(args: string[]): Action {
    const { positionals, values } = parseArgs({
      args,
      options: { until: { type: 'string' } },
      allowPositionals: true,
    });
    const [verb, email, ...rest] = positionals;
    if (verb !== 'grant' && verb !== 'revoke' && verb !== 'show')
      throw new UsageError('Say "subscription grant", "subscription revoke" or "subscription show".');
    if (email === undefined) throw new UsageError(`Say whose subscription: "subscription ${verb} EMAIL".`);
    if (rest.length > 0) throw new UsageError('Name one e-mail address at a time.');
    if (values.until !== undefined && verb !== 'grant')
      throw new UsageError('--until belongs to "grant" only.');
    const until = values.until === undefined ? null : parseUntil(values.until, Date.now());
    return async (app) => {
      const subscriptions = app.get(SubscriptionService);
      const change = {
        grant: () => subscriptions.grant(email, until),
        revoke: () => subscriptions.revoke(email),
        show: () => subscriptions.find(email),
      };
      const found = await change[verb]();
      if (found === null) throw new UsageError(`There is no account with the e-mail address ${email}.`);
      return describe(email, found, subscriptions.isPremium(found));
    };
  },
};

function describe(
  email: string,
  { subscriptionStatus, subscriptionExpiresAt }: Subscription,
  isPremium: boolean,
) {
  const until =
    subscriptionExpiresAt === null ? '' : ` until ${new Date(subscriptionExpiresAt).toISOString()}`;
  return `${email}: ${subscriptionStatus}${until}; sync is ${isPremium ? 'open' : 'closed'} now.`;
}
