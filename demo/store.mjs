import { PARENTS } from './shapes.mjs';

/** @typedef {import('./shapes.mjs').Row} Row */

const keyOf = (/** @type {string} */ id) => id.toLowerCase();

/** A phone's own database. Nothing is ever removed from it: what is deleted is marked. */
export class LocalStore {
  constructor(/** @type {readonly string[]} */ collections) {
    /** @type {Map<string, Row[]>} */
    this.tables = new Map(collections.map((name) => [name, []]));
    /** @type {Map<string, Row>} by collection and any id */
    this.index = new Map();
    /** Edited here and not yet accepted by the server. @type {Set<Row>} */
    this.unsent = new Set();
  }

  /** @returns {Row[]} */
  rows(/** @type {string} */ collection) {
    const rows = this.tables.get(collection);
    if (rows === undefined) throw new Error(`there is no collection ${collection}`);
    return rows;
  }

  /**
   * By client id or server id, whatever the letter case.
   * @param {string} collection
   * @param {string | null | undefined} id
   */
  find(collection, id) {
    return id ? this.index.get(`${collection}/${keyOf(id)}`) : undefined;
  }

  /**
   * @param {string} collection
   * @param {string | null | undefined} id
   */
  get(collection, id) {
    const row = this.find(collection, id);
    if (row === undefined) throw new Error(`this phone has no ${id} in ${collection}`);
    return row;
  }

  /**
   * A record that was made on this phone.
   * @param {string} collection
   * @param {Row} row
   */
  add(collection, row) {
    this.rows(collection).push(row);
    this.name(collection, row);
    this.unsent.add(row);
    return row;
  }

  /**
   * An edit that was made on this phone.
   * @param {string} collection
   * @param {string | null | undefined} id
   * @param {Record<string, unknown>} changes
   */
  edit(collection, id, changes) {
    const row = Object.assign(this.get(collection, id), changes);
    this.unsent.add(row);
    return row;
  }

  /**
   * A record the server gave: new ones are appended, known ones replaced, unless this phone has edited them since.
   * @param {string} collection
   * @param {Row} given
   */
  merge(collection, given) {
    const row = this.find(collection, given.serverId) ?? this.find(collection, given.clientId);
    if (row === undefined) this.rows(collection).push({ ...given });
    else if (!this.unsent.has(row)) Object.assign(row, given, { clientId: row.clientId });
    this.name(collection, row ?? this.rows(collection).at(-1));
  }

  /**
   * @param {string} collection
   * @param {Row | undefined} row
   */
  name(collection, row) {
    for (const id of [row?.clientId, row?.serverId])
      if (row && id) this.index.set(`${collection}/${keyOf(id)}`, row);
  }

  /** What the user sees: neither deleted nor part of something deleted. */
  live(/** @type {string} */ collection) {
    /** @type {Record<string, string>} */
    const parents = PARENTS[/** @type {keyof typeof PARENTS} */ (collection)] ?? {};
    return this.rows(collection).filter(
      (row) =>
        !row.deletedAt &&
        Object.entries(parents).every(([field, parent]) => !this.find(parent, row[field])?.deletedAt),
    );
  }
}
