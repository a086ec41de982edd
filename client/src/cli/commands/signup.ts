import type { Command } from '../command.js';
import { SIGN_IN_HELP, SIGN_IN_OPTIONS, signIn } from '../sign-in.js';

export const signup: Command = {
  name: 'signup',
  summary: 'make an account at the portal, and sign in with it',
  usage: ['EMAIL'],
  options: SIGN_IN_OPTIONS,
  optionHelp: SIGN_IN_HELP,
  run: (call) => signIn(call, 'signUp'),
};
