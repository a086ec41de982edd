import { isUUID } from 'class-validator';
import { v5, version } from 'uuid';

/** Any constant will do; with another one, what is stored of strangers would not be found again. */
const STRANGERS = '6f1d4f0e-8a4b-5f0c-9d53-2b1c7a9e4d10';

/**
 * The ids under which a store's service may know an account of ours: those that have the form of one. Apps name themselves
 * by the account's id; whatever else comes is somebody who has not signed in.
 */
export const accountIdsAmong = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name) => isUUID(name)).map((name) => name.toLowerCase())),
];

/**
 * The id under which events of somebody without an account are kept. Made from the name and not told apart from it by
 * anybody who does not know the name: it may be an e-mail address.
 */
export const strangerId = (name: string): string => v5(name, STRANGERS);

/** Ids of accounts are made by chance and never of this kind. */
export const isStranger = (id: string): boolean => version(id) === 5;
