import { PortalApi } from '../api/portal-api.js';
import { PortalError } from '../api/portal-error.js';
import { MemoryTokens } from '../api/tokens.js';
import { type Call, type OptionDeclarations, textOption, wordsOf } from './command.js';
import { CommandFailed, UsageError } from './failures.js';
import { readPassword } from './password.js';
import { DEFAULT_PORTAL, type Phone, rememberAccount } from './phone.js';

export const SIGN_IN_OPTIONS = {
  portal: { type: 'string' },
  'password-stdin': { type: 'boolean' },
} as const satisfies OptionDeclarations;

export const SIGN_IN_HELP = {
  '--portal URL': `where the portal is; remembered (default $PHOENIX_PORTAL or ${DEFAULT_PORTAL})`,
  '--password-stdin': 'read the password from standard input; else from $PHOENIX_PASSWORD, or asked for',
};

/**
 * Signs in on the side, and lets this phone have it only when the phone's data may be that account's: a sign-in to
 * another account must not leave this phone with one's data and the other's tokens.
 */
export async function signIn(call: Call, how: 'signUp' | 'logIn'): Promise<void> {
  const [email = ''] = wordsOf(call.words, 'EMAIL');
  const phone = await call.phone();
  const portal = portalUrl(
    textOption(call, 'portal') ?? call.terminal.env.PHOENIX_PORTAL ?? phone.account?.portal ?? DEFAULT_PORTAL,
  );
  // A new account is never the one whose data are here.
  if (how === 'signUp' && phone.account !== null) throw otherAccount(phone);
  const tokens = new MemoryTokens();
  const api = new PortalApi({ baseUrl: portal, tokens });
  const password = await readPassword(call.terminal, call.options['password-stdin'] === true);
  const { user } = await api[how]({ email, password });
  try {
    await takeAccount(phone, user.id, call.options.move === true);
  } catch (error) {
    await api.logOut();
    throw error;
  }
  await rememberAccount(phone, { email: user.email, userId: user.id, portal });
  await phone.tokens.write(await tokens.read());
  call.say(`The phone “${phone.name}” is signed in as ${user.email} at ${portal}.`);
  if (!user.isPremium) call.say('Sync needs premium, which this account does not have yet.');
}

async function takeAccount(phone: Phone, userId: string, move: boolean): Promise<void> {
  if (move) return phone.manager.moveToAccount(userId);
  try {
    await phone.manager.useAccount(userId);
  } catch (error) {
    if (!(error instanceof PortalError) || error.code !== 'client.other_account') throw error;
    throw otherAccount(phone, error);
  }
}

const otherAccount = ({ name, account }: Phone, cause?: PortalError) =>
  new CommandFailed(
    `The phone “${name}” holds the data of ${account?.email ?? 'another account'} (client.other_account). ` +
      'Take another phone for that account (--phone NAME), or give it everything on this one: login EMAIL --move',
    { cause },
  );

function portalUrl(text: string): string {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text))
    throw new UsageError(`“${text}” is no address of a portal: https://portal.example.org is one.`);
  return text.replace(/\/+$/, '');
}
