import { PortalError } from '../../client/src/api/portal-error.js';
import type { Command, Script, Sync } from './commands.js';
import {
  checkAlike,
  checkClock,
  checkNothingLost,
  checkNothingMissed,
  isBehindHeldBack,
} from './invariants.js';
import { PARENTS } from './marks.js';
import { SimPhone, type World } from './phone.js';
import type { ServerView, SimServer } from './server.js';
import { hold, Violation } from './violation.js';
import { Watch } from './watch.js';

/** The client wraps what it does not know; a violation is to be seen as it is. */
const causeOf = (error: unknown) => (error instanceof PortalError && error.cause ? error.cause : error);
function asItIs(error: unknown): never {
  throw causeOf(error);
}

const MAX_PHONES = 5;
/** Rounds in which everybody pushes and pulls, until nothing is left to do. */
const MAX_ROUNDS = 8;
const ACCOUNTS = [0, 1];
/**
 * Where a device has names of its own: two phones under one device id call a record differently, and so does a phone whose
 * row number a late request of its former life has taken.
 */
const NAMED_BY_DEVICE = ['badges', 'records'];

const said = (view: ServerView) => JSON.stringify([view.clock, [...view.heads], [...view.history]]);

/** Runs one script: real clients against one server, every step held against the invariants. */
export class Simulation {
  private readonly phones: SimPhone[] = [];
  private readonly watch: Watch;
  private readonly world: World;
  private views: ServerView[] = [];
  private savedAccepted: Set<string>[] | null = null;
  /** `account/device id` that a phone has left. */
  private readonly visits = new Set<string>();
  private edits = 0;
  private installations = 0;

  private constructor(private readonly server: SimServer) {
    this.watch = new Watch(server);
    this.world = { server, observer: this.watch, nextEdit: () => ++this.edits };
  }

  static async run(server: SimServer, { phones, commands }: Script): Promise<void> {
    const simulation = new Simulation(server);
    simulation.views = await Promise.all(ACCOUNTS.map((account) => server.view(account)));
    for (let n = 0; n < phones; n++) simulation.addPhone(n === 2 ? 1 : 0);
    for (const command of commands) {
      await simulation.do(command);
      await simulation.check();
    }
    await simulation.converge();
  }

  private addPhone(account: number): void {
    this.phones.push(new SimPhone(this.world, this.phones.length, account, this.newDevice()));
  }

  private newDevice = () => `device ${++this.installations}`;

  private pick = (n: number): SimPhone => this.phones[n % this.phones.length];

  private async do(command: Command): Promise<void> {
    switch (command.do) {
      case 'edit':
        return this.pick(command.phone).edit(command);
      case 'sync':
        return this.sync(command);
      case 'overlap':
        return this.overlap(command.phones);
      case 'repeat a request':
        return this.repeat(command.request);
      case 'delayed requests arrive':
        return this.deliver();
      case 'restore version':
        return this.restoreVersion(command);
      case 'back up the server':
        await this.server.backUp();
        this.savedAccepted = this.watch.accepted.map((states) => new Set(states));
        return;
      case 'restore the server':
        return this.restoreServer();
      case 'twenty minutes pass':
        return this.server.twentyMinutesPass();
      case 'sign in elsewhere':
        return this.signInElsewhere(this.pick(command.phone));
      case 'move account':
        return this.moveAccount(this.pick(command.phone));
      default:
        await this.change(this.pick(command.phone), command);
    }
  }

  /** What happens to a phone alone. */
  private async change(phone: SimPhone, command: Command): Promise<void> {
    if (command.do === 'back up') phone.backUp();
    if (command.do === 'restore') phone.restoreBackup();
    if (command.do === 'restart') phone.start(phone.account);
    if (command.do === 'reinstall')
      await phone.reinstall({ ...command, deviceId: this.newDevice(), account: phone.account });
    if (command.do === 'switch account') await this.switchAccount(phone);
    if (command.do === 'clone' && this.phones.length < MAX_PHONES)
      this.phones.push(phone.clone(this.phones.length));
    if (command.do === 'set clock') phone.minutesOff = command.minutes;
  }

  private async sync({ phone: n, trouble, meanwhile, callers }: Sync): Promise<void> {
    const phone = this.pick(n);
    const { line, store, manager } = phone;
    const stopped = new AbortController();
    line.begin({
      trouble,
      meanwhile: meanwhile && (() => phone.edit(meanwhile)),
      stop: () => stopped.abort(),
    });
    if (trouble?.store) store.arm(trouble.store, trouble.at);
    const options = { signal: stopped.signal };
    const syncs = [
      manager.syncAll(options),
      ...(callers === 2 ? [manager.syncAll(), manager.pullChanges()] : []),
    ];
    await this.ends(syncs, trouble !== null);
    line.end();
    store.disarm();
    if (store.isDead) phone.start(phone.account);
  }

  /** A sync that had trouble may fail; any other must not. A violation found on the way is thrown. */
  private async ends(syncs: readonly Promise<unknown>[], mayFail: boolean): Promise<void> {
    for (const { status, reason } of (await Promise.allSettled(syncs)) as PromiseRejectedResult[])
      if (status === 'rejected' && (!mayFail || causeOf(reason) instanceof Violation)) asItIs(reason);
  }

  /** The push of the first phone has its time, but nobody sees it yet. */
  private async overlap(numbers: readonly number[]): Promise<void> {
    const [first, second, third] = numbers.map((n) => this.pick(n));
    this.watch.isBusy = true;
    const letGo = this.server.holdPushes(first.deviceId);
    const syncs: Promise<unknown>[] = [first.manager.syncAll()];
    await this.server.settle();
    syncs.push(second.manager.syncAll());
    await this.server.settle();
    syncs.push(third.manager.pullChanges());
    await this.server.settle();
    letGo();
    await this.ends(syncs, false);
    this.watch.isBusy = false;
  }

  /** 5. */
  private async repeat(n: number): Promise<void> {
    const request = this.watch.arrived[n % Math.max(1, this.watch.arrived.length)];
    if (!request) return;
    const { account, body } = request;
    const before = await this.server.view(account);
    this.watch.isAnyLate = true;
    this.watch.note(account, body, await this.server.push(account, body));
    const after = await this.server.view(account);
    hold(
      5,
      said(before) === said(after),
      () => `${JSON.stringify(body)}\n  turned ${said(before)}\n  into ${said(after)}`,
    );
  }

  private async deliver(): Promise<void> {
    const requests = this.watch.waiting;
    this.watch.waiting = [];
    for (const { account, body } of requests) {
      this.watch.isAnyLate = true;
      this.watch.note(account, body, await this.server.push(account, body));
    }
  }

  private async restoreVersion(command: Extract<Command, { do: 'restore version' }>): Promise<void> {
    const { account } = this.pick(command.phone);
    const heads = [...this.views[account].heads.values()].filter(
      ({ collection }) => collection !== 'gamificationStats',
    );
    const head = heads[command.record % Math.max(1, heads.length)];
    if (head) await this.server.restoreVersion(account, head.collection, head.serverId, command.version);
  }

  private async restoreServer(): Promise<void> {
    if (!(await this.server.restore())) return;
    this.watch.serverRestored(this.savedAccepted ?? []);
    this.views = await Promise.all(ACCOUNTS.map((account) => this.server.view(account)));
  }

  /** Whose data a phone holds is known to it: signed in to another account it does not sync at all. */
  private async signInElsewhere(phone: SimPhone): Promise<void> {
    const before = this.watch.arrived.length;
    const state = phone.stateNow() as { userId?: string | null } | undefined;
    if (!state?.userId) return;
    phone.start(1 - phone.account);
    const outcome = await phone.manager.syncAll().then(
      () => 'synced',
      (error: unknown) => (error instanceof PortalError ? error.code : String(error)),
    );
    hold(
      7,
      outcome === 'client.other_account',
      () => `phone ${phone.number}, signed in elsewhere: ${outcome}`,
    );
    hold(7, this.watch.arrived.length === before, () => `phone ${phone.number} pushed to another account`);
    phone.start(phone.account);
  }

  /** A cursor that was given to this very device and account, on a phone that has lost its data, fools any server. */
  private async switchAccount(phone: SimPhone): Promise<void> {
    const account = 1 - phone.account;
    this.visits.add(`${phone.account}/${phone.deviceId}`);
    const wasThere = this.visits.has(`${account}/${phone.deviceId}`);
    if (wasThere) await phone.reinstall({ keeps: 'nothing', account, deviceId: this.newDevice() });
    else await phone.reinstall({ keeps: 'device id and cursor', account });
  }

  private async moveAccount(phone: SimPhone): Promise<void> {
    const account = 1 - phone.account;
    this.visits.add(`${phone.account}/${phone.deviceId}`);
    phone.start(account);
    phone.account = account;
    const me = await this.server.apiFor(account, phone.line).accountId?.();
    await phone.manager.moveToAccount(String(me));
  }

  /** Invariants 1, 3 and 4, after every step. */
  private async check(): Promise<void> {
    for (const account of ACCOUNTS) {
      const view = await this.server.view(account);
      checkClock(this.views[account], view);
      checkNothingLost(view, this.watch.accepted[account]);
      this.views[account] = view;
    }
    for (const phone of this.phones) checkNothingMissed(phone, this.views[phone.account]);
  }

  /** 2. Nobody edits any more, the network is good, and everybody syncs until there is nothing left. */
  private async converge(): Promise<void> {
    await this.deliver();
    for (let round = 0; round < MAX_ROUNDS; round++) {
      let moved = 0;
      for (const phone of this.phones) {
        const { pushed, pulled } = await phone.manager.syncAll().catch(asItIs);
        moved += pushed.accepted + pushed.superseded + pulled.received + (await phone.mendRefused());
        await this.check();
      }
      if (moved === 0) break;
      hold(2, round < MAX_ROUNDS - 1, () => `after ${MAX_ROUNDS} rounds there still is something to send`);
    }
    for (const phone of this.phones) {
      checkAlike(phone, this.views[phone.account]);
      await this.checkDigest(phone);
    }
  }

  private async checkDigest(phone: SimPhone): Promise<void> {
    const here = await phone.manager.digest();
    const there = await this.server.digest(phone.account, phone.deviceId);
    const isCloned = this.phones.some((other) => other !== phone && other.deviceId === phone.deviceId);
    const isBehind = isBehindHeldBack(phone, this.views[phone.account]);
    const isNamedOtherwise = isCloned || (phone.countsAnew && this.watch.isAnyLate);
    for (const [collection, { count, hash }] of Object.entries(there)) {
      const own = here[collection as keyof typeof here];
      if (isNamedOtherwise && NAMED_BY_DEVICE.includes(collection)) continue;
      if (isBehind && collection in PARENTS) continue;
      hold(
        2,
        own.hash === hash,
        () =>
          `the digests of ${collection} differ: phone ${phone.number} (${phone.deviceId}) has ${own.count}, the server ${count}\n  ` +
          JSON.stringify(phone.rowsNow().filter((row) => row.collection === collection)),
      );
    }
  }
}
