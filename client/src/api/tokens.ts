import type { Json, Store } from '../store/store.js';

/** What a device keeps of a sign-in. */
export type Tokens = {
  /** Access token. */
  token: string;
  refreshToken: string;
  userId: string;
  /** Epoch ms by the clock of this device: only compared with itself. */
  receivedAt: number;
  /** How long the access token lives. */
  expiresInMs: number;
  /** Names the exchange of the refresh token that was begun and whose answer has not been stored; else null. */
  attempt: string | null;
};

/**
 * Where tokens are kept, such as a keychain. Several tabs or processes may share one: then `update` should be there, and
 * must exclude every other change of the tokens while it runs.
 */
export interface TokenStore {
  read(): Promise<Tokens | null>;
  write(tokens: Tokens | null): Promise<void>;
  /** Changes what is kept, at one go; resolves with what is kept afterwards. */
  update?(change: (held: Tokens | null) => Tokens | null): Promise<Tokens | null>;
}

export async function updateTokens(
  store: TokenStore,
  change: (held: Tokens | null) => Tokens | null,
): Promise<Tokens | null> {
  if (store.update !== undefined) return store.update(change);
  const held = await store.read();
  const tokens = change(held);
  if (tokens !== held) await store.write(tokens);
  return tokens;
}

/** For tests, and for programs that sign in anew each time. */
export class MemoryTokens implements TokenStore {
  constructor(private tokens: Tokens | null = null) {}

  read(): Promise<Tokens | null> {
    return Promise.resolve(this.tokens);
  }

  write(tokens: Tokens | null): Promise<void> {
    this.tokens = tokens;
    return Promise.resolve();
  }
}

const KEY = 'tokens';

/** Keeps tokens beside the records, in a store that tabs and processes may share. */
export class StoreTokens implements TokenStore {
  constructor(private readonly store: Store) {}

  async read(): Promise<Tokens | null> {
    return tokensIn(await this.store.read((tx) => tx.get('meta', KEY)));
  }

  async write(tokens: Tokens | null): Promise<void> {
    await this.update(() => tokens);
  }

  update(change: (held: Tokens | null) => Tokens | null): Promise<Tokens | null> {
    return this.store.write(async (tx) => {
      const held = tokensIn(await tx.get('meta', KEY));
      const tokens = change(held);
      if (tokens === null) await tx.delete('meta', KEY);
      else if (tokens !== held) await tx.put('meta', KEY, tokens);
      return tokens;
    });
  }
}

/** Only this class writes that key. */
const tokensIn = (value: Json | undefined): Tokens | null => (value ?? null) as Tokens | null;
