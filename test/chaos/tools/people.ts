import { newEmail, PASSWORD } from '../../support/api.js';
import { withClient } from '../../bench/lab/postgres.js';
import type { Scene } from '../scene.js';
import type { Home } from './cluster.js';
import type { Body, Heard, Saying } from './wire.js';

export interface Person {
  id: string;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

/** Somebody in front of one server: signs up, and asks as whoever holds the given token. */
export class Caller {
  constructor(
    private readonly scene: Scene,
    private readonly url: string,
  ) {}

  get = (path: string, token?: string) => this.send('GET', path, { token });
  post = (path: string, body: unknown, saying: Saying = {}) => this.send('POST', path, { body, ...saying });

  send(method: string, path: string, saying?: Saying): Promise<Heard> {
    return this.scene.wire.send(method, `${this.url}${path}`, saying);
  }

  async signUp(password = PASSWORD): Promise<Person> {
    const email = newEmail();
    const { status, body } = await this.post('/api/auth/signup', { email, password });
    if (status !== 201) throw new Error(`sign-up was answered ${status}: ${JSON.stringify(body)}`);
    return { ...pairOf(body), id: body.user.id, email, password };
  }

  async logIn({ email, password }: Person): Promise<{ token: string; refreshToken: string }> {
    const { status, body } = await this.post('/api/auth/login', { email, password });
    if (status !== 200) throw new Error(`log-in was answered ${status}: ${JSON.stringify(body)}`);
    return pairOf(body);
  }
}

const pairOf = ({ token, refreshToken }: Body): { token: string; refreshToken: string } => ({
  token,
  refreshToken,
});

/** What the billing would have noted. */
export async function setSubscription(
  { adminUrl }: Pick<Home, 'adminUrl'>,
  { id }: Pick<Person, 'id'>,
  status: 'premium' | 'free',
  expiresAt: number | null = null,
): Promise<void> {
  await withClient(adminUrl, (client) =>
    client.query('update users set subscription_status = $2, subscription_expires_at = $3 where id = $1', [
      id,
      status,
      expiresAt,
    ]),
  );
}
