import { UsageError } from './command.js';

const ISO = /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)(Z|[+-]\d{2}:\d{2})?)?$/;
const LAST_MOMENT = '23:59:59.999';

/**
 * Epoch ms of an ISO 8601 date or date-time. A date alone means its last moment, for "until" includes the day it names;
 * without a zone it is UTC, for the operator's machine need not be where the customers are.
 */
export function parseUntil(text: string, now: number): number {
  const [, date, time = LAST_MOMENT, zone = 'Z'] = ISO.exec(text) ?? [];
  const moment =
    date === undefined || !isCalendarDate(date) ? Number.NaN : Date.parse(`${date}T${time}${zone}`);
  if (Number.isNaN(moment))
    throw new UsageError(`"${text}" is no date; write 2027-12-31 or 2027-12-31T23:59:59Z.`);
  if (moment <= now)
    throw new UsageError(`${text} is in the past; "subscription revoke" ends a subscription now.`);
  return moment;
}

/** Date.parse takes the 31st of February for the 3rd of March. */
const isCalendarDate = (date: string): boolean => {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
};
