import { type Command, wordsOf } from '../command.js';
import { mustBeSignedIn } from '../phone.js';

export const logout: Command = {
  name: 'logout',
  summary: 'end the sign-in; the data stay on the phone',
  usage: [''],
  options: { here: { type: 'boolean' } },
  optionHelp: { '--here': 'only forget it on this phone: the portal is not asked' },
  async run({ words, options, phone, say }) {
    wordsOf(words);
    const { api, name, ...rest } = await phone();
    await mustBeSignedIn({ api, name, ...rest });
    await (options.here === true ? api.forgetTokens() : api.logOut());
    say(`The phone “${name}” is signed out. Its data are still here.`);
  },
};
