import {
  MemoryTokens,
  StoreTokens,
  type Tokens,
  type TokenStore,
  updateTokens,
} from '../../src/api/tokens.js';
import { MemoryStore } from '../../src/store/memory-store.js';

const tokens = (fields: Partial<Tokens> = {}): Tokens => ({
  token: 'access',
  refreshToken: 'refresh',
  userId: 'maria',
  receivedAt: 1000,
  expiresInMs: 60_000,
  attempt: null,
  ...fields,
});

const claim = (name: string) => (held: Tokens | null) =>
  held === null || held.attempt !== null ? held : { ...held, attempt: name };

describe.each<[string, () => TokenStore]>([
  ['MemoryTokens', () => new MemoryTokens()],
  ['StoreTokens', () => new StoreTokens(new MemoryStore())],
])('%s', (_, make) => {
  it('holds nothing at first', async () => {
    expect(await make().read()).toBeNull();
  });

  it('gives back what was written last', async () => {
    const store = make();
    await store.write(tokens());
    await store.write(tokens({ attempt: 'one' }));
    expect(await store.read()).toEqual(tokens({ attempt: 'one' }));
    await store.write(null);
    expect(await store.read()).toBeNull();
  });

  it('changes what is held, and says what it is then', async () => {
    const store = make();
    expect(await updateTokens(store, (held) => held)).toBeNull();
    expect(await updateTokens(store, () => tokens())).toEqual(tokens());
    const changed = await updateTokens(store, (held) => (held === null ? null : { ...held, attempt: 'two' }));
    expect(changed).toEqual(tokens({ attempt: 'two' }));
    expect(await store.read()).toEqual(changed);
    expect(await updateTokens(store, () => null)).toBeNull();
    expect(await store.read()).toBeNull();
  });
});

describe('StoreTokens', () => {
  it('lets changes of several owners of one store exclude each other', async () => {
    const store = new MemoryStore();
    const [one, other] = [new StoreTokens(store), new StoreTokens(store)];
    await one.write(tokens());
    const claimed = await Promise.all([one.update(claim('one')), other.update(claim('other'))]);
    expect(claimed[0]).toEqual(claimed[1]);
    expect(await other.read()).toEqual(claimed[0]);
  });

  it('keeps them beside everything else that the store holds', async () => {
    const store = new MemoryStore();
    await store.write((tx) => tx.put('meta', 'cursor', 5));
    await new StoreTokens(store).write(tokens());
    expect(await store.read((tx) => tx.get('meta', 'cursor'))).toBe(5);
    expect(await store.read((tx) => tx.get('meta', 'tokens'))).toEqual(tokens());
  });
});
