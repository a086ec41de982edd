import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsObject, IsOptional } from 'class-validator';
import { ApiProperty } from './api-docs.js';
import { QueryInt } from './query.js';

/**
 * Lists come newest first, in pages that are cut at a place in their order and not at a row number: what arrives while
 * somebody turns the pages neither repeats nor skips anything else.
 */
export interface Place {
  /** Epoch ms by which the list is sorted. */
  at: number;
  /** A UUID, which decides between equal times. */
  id: string;
}

/** Before everything a list may hold. */
export const BEGINNING: Place = {
  at: Number.MAX_SAFE_INTEGER + 1,
  id: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
};

const PLACE = /^(-?\d{1,16})\/([\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12})$/;

export const cursorOf = ({ at, id }: Place): string => Buffer.from(`${at}/${id}`).toString('base64url');

/** null for anything that `cursorOf` never made. */
export function placeOf(cursor: string): Place | null {
  const [, at, id] = PLACE.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (at === undefined || id === undefined) return null;
  const place = { at: Number(at), id };
  return Number.isSafeInteger(place.at) && cursorOf(place) === cursor ? place : null;
}

const QueryCursor = () =>
  applyDecorators(
    ApiProperty({
      type: String,
      required: false,
      description: 'The `nextCursor` of the page before; keep the other parameters as they were.',
    }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (placeOf(value) ?? value) : value,
    ),
    IsOptional(),
    IsObject({ message: '$property must be the nextCursor of an earlier answer' }),
  );

export const PAGE_LIMIT_MAX = 500;
const PAGE_LIMIT_DEFAULT = 50;

export class PageQuery {
  @QueryInt({
    minimum: 1,
    maximum: PAGE_LIMIT_MAX,
    default: PAGE_LIMIT_DEFAULT,
    description: 'Items a page.',
  })
  limit: number = PAGE_LIMIT_DEFAULT;

  @QueryCursor()
  cursor?: Place;
}

/** What every paged answer has beside its `items`. */
export abstract class PageAnswer {
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Send it as `cursor` for the next page; null on the last.',
  })
  nextCursor: string | null;
}

export interface Page<T> extends PageAnswer {
  items: T[];
}

/** Cuts a page from rows that were read with `limit + 1`: the one beyond only tells that there is a next page. */
export function pageOf<Row extends Place, T>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(itemOf),
    nextCursor: last !== undefined && rows.length > limit ? cursorOf(last) : null,
  };
}
