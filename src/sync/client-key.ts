/** Ids that mean a phone's local row number and nothing outside that phone. */
const DIGITS_ONLY = /^\d+$/;

/** Whether the id is a local row number, so that two phones may both have one. */
export const isLocalId = (clientId: string) => DIGITS_ONLY.test(clientId);

/**
 * What a client id is compared by, inside one user and collection: without letter case (iOS writes UUIDs in upper case,
 * Android in lower), and a row number only within its device. The prefix keeps the two kinds apart whatever the ids are.
 */
export function clientKey(clientId: string, deviceId: string): string {
  return isLocalId(clientId) ? `d:${deviceId}/${clientId}` : `g:${clientId.toLowerCase()}`;
}

/** The id inside a client key, for showing a reference whose parent is not known (yet). */
export function idOfKey(key: string): string {
  return key.startsWith('d:') ? key.slice(key.lastIndexOf('/') + 1) : key.slice(2);
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string) => UUID.test(text);

/** Server ids are UUIDs of version 7; a phone's own UUIDs are not, so most ids need not be looked for among them. */
export const mayBeServerId = (text: string) => text.length === 36 && text[14] === '7' && UUID.test(text);
