import type { Command } from '../command.js';
import { SIGN_IN_HELP, SIGN_IN_OPTIONS, signIn } from '../sign-in.js';

export const login: Command = {
  name: 'login',
  summary: 'sign in; what was recorded before goes to this account with the next sync',
  usage: ['EMAIL'],
  details:
    'A phone belongs to one account. To change it, everything on the phone has to move with it: --move.',
  options: { ...SIGN_IN_OPTIONS, move: { type: 'boolean' } },
  optionHelp: {
    ...SIGN_IN_HELP,
    '--move': 'give everything on this phone to that account; the old one keeps its copy',
  },
  run: (call) => signIn(call, 'logIn'),
};
