import { type Command, wordsOf } from '../command.js';

export const whoami: Command = {
  name: 'whoami',
  summary: 'which account, which device, which portal',
  usage: [''],
  async run({ words, phone, say }) {
    wordsOf(words);
    const { account, tokens, manager, name, file } = await phone();
    const isSignedIn = (await tokens.read()) !== null;
    say(
      account === null ? 'Nobody has signed in on this phone yet.' : `${account.email} at ${account.portal}`,
    );
    if (account !== null && !isSignedIn) say('Signed out: phoenix-sync login EMAIL');
    say(`phone “${name}”, device ${await manager.deviceId()}`);
    say(`kept in ${file}`);
  },
};
