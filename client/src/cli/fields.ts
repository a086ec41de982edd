import type { Json } from '../store/store.js';
import type { CollectionName } from '../sync/collections.js';
import { factsOf } from '../sync/complete.js';
import type { Edit } from '../sync/local-records.js';
import type { WireRecord } from '../sync/record.js';
import { UsageError } from './failures.js';
import { recordNamed } from './names.js';
import type { Phone } from './phone.js';

/** Set by the phone itself, or by the portal. */
const OWN = ['serverId', 'updatedAt', 'deletedAt'];

interface Assignment {
  name: string;
  text: string;
}

/** `key=value` words. @throws UsageError for anything else, and for a field that the collection does not have */
export function assignmentsOf(collection: CollectionName, words: readonly string[]): Assignment[] {
  const { fields } = factsOf(collection);
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new UsageError(`“${word}” is no FIELD=VALUE.`);
    const [name, text] = [word.slice(0, at), word.slice(at + 1)];
    if (OWN.includes(name)) throw new UsageError(`${name} is not set by hand.`);
    if (fields[name] === undefined && name !== 'clientId')
      throw new UsageError(
        `${collection} have no field “${name}”; they have ${Object.keys(fields)
          .filter((each) => !OWN.includes(each))
          .join(', ')}.`,
      );
    return { name, text };
  });
}

/**
 * The fields with their values; a reference may be the beginning of an id.
 * @param held a state the portal took: what was text there is text again
 */
export async function editOf(
  phone: Phone,
  collection: CollectionName,
  assignments: readonly Assignment[],
  held?: WireRecord,
): Promise<Edit> {
  const edit: Record<string, Json | undefined> = {};
  for (const { name, text } of assignments) {
    const field = factsOf(collection).fields[name];
    const isText = name === 'clientId' || typeof (held?.[name] ?? field?.default) === 'string';
    const isReference = field?.parent !== undefined && text !== 'null';
    edit[name] = isReference
      ? (await recordNamed(phone, field.parent as CollectionName, text)).record.clientId
      : valueOf(text, isText);
  }
  return edit;
}

/**
 * What a word means: 12, true and null are JSON, and so is what stands in quotes; anything else is text. Nothing checks
 * here whether the field can hold it: the portal does, and what it refuses is set aside.
 */
function valueOf(text: string, isText: boolean): Json {
  if (isText && !/^("|null$)/.test(text)) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON, so it is the text itself.
    return text;
  }
}

/** Fields a new record cannot do without. */
export function requiredFields(collection: CollectionName): string[] {
  return Object.entries(factsOf(collection).fields)
    .filter(
      ([name, { default: fallback }]) => fallback === undefined && !['updatedAt', 'createdAt'].includes(name),
    )
    .map(([name]) => name);
}
