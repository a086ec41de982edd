import { digestOf } from './digest.mjs';
import { LocalStore } from './store.mjs';

/**
 * @typedef {import('./shapes.mjs').Row} Row
 * @typedef {import('./shapes.mjs').Shape} Shape
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {string} deviceId
 * @property {string} platform
 * @property {Record<string, string[]>} [says] an app of the first generation: the only fields it knows, by collection
 */

/** A phone: its own database, its own clock, and a network that may be gone. */
export class Phone {
  token = '';
  lastSync = 0;
  /** How far its clock is ahead of the right time. */
  clockError = 0;

  /**
   * @param {import('./api.mjs').Api} api
   * @param {readonly Shape[]} shapes
   * @param {Model} model
   */
  constructor(api, shapes, { name, deviceId, platform, says }) {
    this.api = api;
    this.shapes = shapes;
    this.name = name;
    this.deviceId = deviceId;
    this.platform = platform;
    this.says = says;
    this.store = new LocalStore(shapes.map((shape) => shape.name));
    /** Ids of records that the server would not take. @type {Set<Row>} */
    this.refused = new Set();
  }

  now() {
    return Date.now() + this.clockError;
  }

  /**
   * @param {string} collection
   * @param {string | null | undefined} id
   * @param {Record<string, unknown>} changes
   * @param {number} [at]
   */
  edit(collection, id, changes, at = this.now()) {
    const row = this.store.edit(collection, id, { ...changes, updatedAt: at });
    this.refused.delete(row);
    return row;
  }

  /**
   * @param {string} collection
   * @param {string | null | undefined} id
   */
  delete(collection, id) {
    const at = this.now();
    return this.edit(collection, id, { deletedAt: at }, at);
  }

  /** What a push of this phone would say: all it has (first generation), or what it has edited. */
  pushBody() {
    const sections = this.shapes.flatMap(({ name, isSingle }) => {
      const known = this.says?.[name];
      if (this.says !== undefined && known === undefined) return [];
      const rows = this.store
        .rows(name)
        .filter((row) => known !== undefined || (this.store.unsent.has(row) && !this.refused.has(row)))
        .map((row) => (known === undefined ? row : pick(row, known)));
      if (rows.length === 0) return [];
      return [[name, isSingle ? rows[0] : rows]];
    });
    const { deviceId, name: deviceName, platform, lastSync } = this;
    return { deviceId, deviceName, platform, lastSync, ...Object.fromEntries(sections) };
  }

  /** Sends and takes in what the server made of it. `isLost`: the answer never arrives. */
  async push({ isLost = false } = {}) {
    const sent = [...this.store.unsent];
    const answer = await this.api.ask('POST', '/api/sync/push', { token: this.token, body: this.pushBody() });
    if (!isLost) this.takeIn(answer, sent);
    return answer;
  }

  /**
   * @param {Record<string, any>} answer
   * @param {readonly Row[]} sent
   */
  takeIn({ idMappings, rejected, superseded }, sent) {
    for (const [collection, mapping] of Object.entries(idMappings))
      for (const [clientId, serverId] of Object.entries(mapping)) {
        const row = this.store.find(collection, clientId);
        if (row) this.store.name(collection, Object.assign(row, { serverId }));
      }
    for (const { collection, clientId } of rejected) this.refused.add(this.store.get(collection, clientId));
    for (const row of sent) if (!this.refused.has(row)) this.store.unsent.delete(row);
    for (const { collection, record } of superseded) this.store.merge(collection, record);
  }

  /** Asks for what it does not have. The cursor is saved with the records, never before them. */
  async pull() {
    const { deviceId, lastSync, token } = this;
    const answer = await this.api.ask('POST', '/api/sync/pull', { token, body: { deviceId, lastSync } });
    let received = 0;
    for (const { name } of this.shapes)
      for (const record of [answer[name] ?? []].flat()) {
        this.store.merge(name, record);
        received++;
      }
    this.lastSync = answer.syncTime;
    return { answer, received };
  }

  /** Push, then pull with the cursor the push carried: as the app does after every set and at every start. */
  async sync() {
    const pushed = await this.push();
    return { pushed, ...(await this.pull()) };
  }

  /** How many records the server says it has for this phone. */
  async pending() {
    const path = `/api/sync/status?deviceId=${encodeURIComponent(this.deviceId)}`;
    return (await this.api.ask('GET', path, { token: this.token })).pendingChanges;
  }

  digest() {
    return digestOf(this.store, this.shapes);
  }
}

const pick = (/** @type {Row} */ row, /** @type {readonly string[]} */ names) =>
  Object.fromEntries(names.filter((name) => name in row).map((name) => [name, row[name]]));
