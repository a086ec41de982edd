import { randomUUID } from 'node:crypto';
import { holdClock, newEmail, PASSWORD } from '../../../test/support/api.js';
import { startTestApp, type TestApp } from '../../../test/support/app.js';
import { PortalApi, type PortalApiOptions } from '../../src/api/portal-api.js';
import { PortalError } from '../../src/api/portal-error.js';
import { MemoryTokens, type TokenStore } from '../../src/api/tokens.js';
import { Network } from './network.js';

export const DAY_MS = 86_400_000;

type Overrides = Partial<PortalApiOptions>;

/** A portal, its clock, and phones that reach it over a network of their own. */
export class Bench {
  private constructor(
    readonly app: TestApp,
    readonly clock: ReturnType<typeof holdClock>,
  ) {}

  static async open(): Promise<Bench> {
    const app = await startTestApp();
    return new Bench(app, holdClock(app.app));
  }

  close = () => this.app.close();

  /** A phone whose clock runs as the server's does, unless the test says otherwise. */
  phone(overrides: Overrides = {}) {
    const network = new Network();
    const tokens: TokenStore = overrides.tokens ?? new MemoryTokens();
    const { clock, app } = this;
    const api = new PortalApi({
      baseUrl: app.url,
      fetch: network.fetch,
      now: clock.now,
      ...overrides,
      tokens,
    });
    return { api, network, tokens };
  }

  async signedIn(overrides: Overrides = {}) {
    const phone = this.phone(overrides);
    const email = newEmail();
    const { user } = await phone.api.signUp({ email, password: PASSWORD });
    await this.app.owner.query({
      text: `update users set subscription_status = 'premium' where id = $1`,
      values: [user.id],
    });
    return { ...phone, email };
  }
}

/** What a call was refused with. */
export async function errorOf(call: Promise<unknown>): Promise<PortalError> {
  const error: unknown = await call.then(
    () => new Error('the call succeeded'),
    (reason: unknown) => reason,
  );
  if (error instanceof PortalError) return error;
  throw error;
}

export const codeOf = async (call: Promise<unknown>): Promise<string> => (await errorOf(call)).code;

export const aSession = (fields: object = {}) => ({
  clientId: randomUUID(),
  timestamp: 1_767_500_000_000,
  mode: 'Old School',
  exerciseName: 'Bench Press',
  targetReps: 12,
  totalReps: 12,
  weightPerCableKg: 30.5,
  createdAt: 1_767_500_000_000,
  updatedAt: 1_767_500_000_000,
  ...fields,
});
