import { MemoryTokens, PortalApi, SyncManager } from '@phoenix-portal/client';
import { MemoryStore } from '@phoenix-portal/client/memory';

/**
 * @typedef {object} Model
 * @property {string} name
 * @property {string} deviceId
 * @property {string} platform
 */

/** A phone: a store of its own with its sync, a clock that may be wrong, and a network that may lose an answer. */
export class Phone {
  /** How far its clock is ahead of the right time, ms. */
  clockError = 0;
  /** What went over its network. @type {{ path: string, bytes: number }[]} */
  sent = [];
  /** The answer that did not arrive. @type {any} */
  lostAnswer = null;
  #losesNext = false;

  constructor(/** @type {string} */ url, /** @type {Model} */ { name, deviceId, platform }) {
    this.name = name;
    this.deviceId = deviceId;
    this.tokens = new MemoryTokens();
    this.api = new PortalApi({
      baseUrl: url,
      tokens: this.tokens,
      fetch: (address, init) => this.#fetch(address, init),
    });
    this.manager = new SyncManager({
      api: this.api,
      store: new MemoryStore(),
      device: { deviceId, deviceName: name, platform },
      now: () => this.now(),
    });
    this.records = this.manager.records;
  }

  now() {
    return Date.now() + this.clockError;
  }

  /** The next request arrives, its answer does not. */
  loseNextAnswer() {
    this.#losesNext = true;
  }

  /** Signs in, anew or for the first time; the data of the phone belong to this account from then on. */
  async signIn(/** @type {Promise<import('@phoenix-portal/client').SignedIn>} */ signingIn) {
    const { user } = await signingIn;
    await this.manager.useAccount(user.id);
    return user;
  }

  /** How many records the server says it has for this phone. */
  async pending() {
    return (await this.api.syncStatus({ deviceId: this.deviceId })).pendingChanges;
  }

  /** The newest set on it. */
  async lastSet() {
    const sets = await this.records.list('sessions');
    return sets.reduce((last, set) => (Number(set.timestamp) > Number(last.timestamp) ? set : last));
  }

  async #fetch(/** @type {string} */ address, /** @type {RequestInit} */ init) {
    const body = /** @type {string | Uint8Array | undefined} */ (init.body);
    this.sent.push({ path: new URL(address).pathname, bytes: Buffer.byteLength(body ?? '') });
    const response = await fetch(address, init);
    if (!this.#losesNext) return response;
    this.#losesNext = false;
    this.lostAnswer = await response.json();
    throw new TypeError('the connection broke');
  }
}
