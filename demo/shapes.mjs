/**
 * @typedef {Record<string, any> & { clientId: string, serverId?: string | null }} Row a record, as it goes over the wire
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {unknown} fallback what a record holds that was made without it
 * @property {boolean} isFloat a Kotlin Float: 32 bit
 *
 * @typedef {object} Shape
 * @property {string} name
 * @property {boolean} isSingle one object per account, not a list
 * @property {readonly Field[]} fields everything but the two ids
 */

const IDS = ['clientId', 'serverId'];

/**
 * What every collection consists of. An app has this built in; here it is read from the server's published OpenAPI
 * document, so that the demonstration knows no more than any phone developer.
 * @param {import('./api.mjs').Api} api
 * @returns {Promise<Shape[]>}
 */
export async function readShapes(api) {
  const { components } = await api.ask('GET', '/api/docs-json');
  const sections = Object.entries(components.schemas.SyncPullAnswer.properties);
  return sections.flatMap(([name, section]) => {
    const reference = section.items?.$ref ?? section.allOf?.[0]?.$ref;
    if (reference === undefined) return [];
    const { properties } = components.schemas[reference.split('/').at(-1)];
    const fields = Object.entries(properties)
      .filter(([field]) => !IDS.includes(field))
      .map(([field, { default: fallback = null, format }]) => ({
        name: field,
        fallback,
        isFloat: format === 'float',
      }));
    return [{ name, isSingle: section.items === undefined, fields }];
  });
}

/** Which fields name a record of another collection: a child is hidden with its parent. */
export const PARENTS = Object.freeze({
  phaseStats: { sessionId: 'sessions' },
  supersets: { routineId: 'routines' },
  routineExercises: { routineId: 'routines', supersetId: 'supersets' },
});

/** A phone's local row number, which means nothing on another phone. */
export const isRowNumber = (/** @type {string} */ id) => /^\d+$/.test(id);
