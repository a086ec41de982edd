import { AutoSync, type AutoSyncTools } from '../../src/sync/auto-sync.js';
import { offline, problem } from '../api/network.js';
import { type Account, type Phone, Portal } from './phones.js';

const MINUTE_MS = 60_000;

let portal: Portal;
let account: Account;
beforeAll(async () => {
  portal = await Portal.open();
});
afterAll(() => portal.close());
beforeEach(async () => {
  account = await portal.account();
});

/** Timers that run when the test says so, and chance without chance. */
class Tools implements AutoSyncTools {
  readonly waits: number[] = [];
  luck = 0.5;
  #due: (() => void) | null = null;

  setTimeout(work: () => void, ms: number): unknown {
    if (this.#due !== null) throw new Error('there is a timer already');
    this.waits.push(ms);
    this.#due = work;
    this.#told?.();
    return work;
  }
  clearTimeout(timer: unknown): void {
    if (this.#due === timer) this.#due = null;
  }
  random = () => this.luck;

  get isSet(): boolean {
    return this.#due !== null;
  }
  #told: (() => void) | null = null;

  /** Until a timer is set, which is when a sync is over. */
  async settled(): Promise<void> {
    while (!this.isSet)
      await new Promise<void>((resolve) => {
        this.#told = resolve;
      });
  }
  async fire(): Promise<void> {
    const due = this.#due;
    this.#due = null;
    due?.();
    await this.settled();
  }
}

const nobody = (): void => undefined;

async function started(phone?: Phone) {
  const on = phone ?? (await account.phone());
  const tools = new Tools();
  let online = nobody;
  const connectivity = {
    onOnline: (listener: () => void) => {
      online = listener;
      return () => {
        online = nobody;
      };
    },
  };
  const auto = new AutoSync(on.manager, { tools, connectivity });
  auto.start();
  await tools.settled();
  return { ...on, tools, auto, goOnline: () => online() };
}

const pulls = ({ network }: Phone) => network.requests('/api/sync/pull').length;

it('syncs at the start, then every 15 minutes, give or take a tenth', async () => {
  const phone = await started();
  expect(pulls(phone)).toBe(1);
  phone.tools.luck = 0;
  await phone.tools.fire();
  phone.tools.luck = 1;
  await phone.tools.fire();
  expect(pulls(phone)).toBe(3);
  expect(phone.tools.waits).toEqual([15 * MINUTE_MS, 13.5 * MINUTE_MS, 16.5 * MINUTE_MS]);
  phone.auto.stop();
});

it('syncs at once after a workout and when the network is back', async () => {
  const phone = await started();
  await phone.manager.records.save('routines', { name: 'done' });
  phone.auto.workoutFinished();
  await phone.tools.settled();
  expect((await phone.api.routines()).items).toHaveLength(1);
  phone.goOnline();
  await phone.tools.settled();
  expect(pulls(phone)).toBe(3);
  phone.auto.stop();
});

it('waits longer after each failure, up to the regular interval, and forgets them with the first success', async () => {
  const phone = await started();
  phone.network.harm('/', offline, 12);
  for (let i = 0; i < 12; i++) await phone.tools.fire();
  const waits = phone.tools.waits.slice(1);
  expect(waits.slice(0, 4)).toEqual([1_500, 3_000, 6_000, 12_000]);
  expect(waits.at(-1)).toBe(0.75 * 15 * MINUTE_MS);
  await phone.tools.fire();
  expect(phone.tools.waits.at(-1)).toBe(15 * MINUTE_MS);
  phone.auto.stop();
});

it('two phones do not come back at the same moment', async () => {
  const phone = await started();
  phone.network.harm('/', offline, 2);
  phone.tools.luck = 0;
  await phone.tools.fire();
  phone.tools.luck = 0.999;
  await phone.tools.fire();
  const [, first = 0, second = 0] = phone.tools.waits;
  expect(first).toBe(1_000);
  expect(second).toBeGreaterThan(3_900);
  phone.auto.stop();
});

it('leaves the portal alone as long as it asked, whatever happens meanwhile', async () => {
  const phone = await started();
  phone.network.harm('/api/sync/pull', problem(503, 'sync.busy', { 'retry-after': '120' }));
  await phone.tools.fire();
  expect(phone.tools.waits.at(-1)).toBe(120_000);
  const before = phone.network.seen.length;
  phone.auto.workoutFinished();
  phone.goOnline();
  expect(phone.network.seen).toHaveLength(before);
  await phone.tools.fire();
  expect(phone.manager.getStatus().state).toBe('idle');
  phone.auto.stop();
});

it('without premium it asks at the regular interval whether that has changed, and then goes on', async () => {
  const free = await portal.account({ isPremium: false });
  const phone = await started(await free.phone());
  await phone.manager.records.save('routines', { name: 'waits' });
  await phone.tools.fire();
  expect(phone.manager.getStatus().state).toBe('notPremium');
  expect(phone.tools.waits).toEqual([15 * MINUTE_MS, 15 * MINUTE_MS]);
  await free.setPremium(true);
  await phone.tools.fire();
  expect(phone.manager.getStatus()).toMatchObject({ state: 'idle', pending: 0 });
  phone.auto.stop();
});

it('signed out it rests, until it is started again', async () => {
  const phone = await started();
  await phone.api.forgetTokens();
  const over = new Promise<void>((resolve) => {
    phone.manager.subscribe(({ state }) => state === 'signedOut' && resolve());
  });
  phone.auto.workoutFinished();
  await over;
  await phone.manager.refreshStatus();
  expect(phone.tools.isSet).toBe(false);
});

it('stopped, it sets no timers and hears of nothing', async () => {
  const phone = await started();
  phone.auto.stop();
  const before = phone.network.seen.length;
  expect(phone.tools.isSet).toBe(false);
  phone.goOnline();
  phone.auto.workoutFinished();
  await phone.manager.refreshStatus();
  expect(phone.network.seen).toHaveLength(before);
});
