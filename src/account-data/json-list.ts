import { AppError } from '../common/app-error.js';

/**
 * A list as every program reads it, an array, with each element on a line of its own, so that a program that reads
 * line by line need not hold it all.
 */
export async function* listText(
  pages: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  count: () => void,
) {
  let separator = '[\n';
  for await (const page of pages) {
    if (page.length === 0) continue;
    for (const _ of page) count();
    yield separator + page.join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

/** More than the longest line that an export has, a record that was refused with all its escapes. */
const LINE_MAX_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 10;

/** The elements of such a list, in batches of at most so many, and of not much more than so many bytes. */
export async function* listBatches(
  content: AsyncIterable<Buffer>,
  { entries, bytes }: { entries: number; bytes: number },
): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  let size = 0;
  let number = 0;
  for await (const line of linesOf(content)) {
    const text = line.toString('utf8');
    const isFrame = number++ === 0 ? text === '[' || text === '[]' : text === ']';
    if (isFrame) continue;
    batch.push(elementOf(text.replace(/,$/, '')));
    size += line.length;
    if (batch.length < entries && size < bytes) continue;
    yield batch;
    batch = [];
    size = 0;
  }
  if (batch.length > 0) yield batch;
}

function elementOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(error);
  }
}

/** Of a file that has passed all comparisons: it was never an export, but made to look like one. */
const unreadable = (cause: unknown) =>
  new AppError('import.not_an_export', {
    detail: 'A list in this file cannot be read; what stands before that place was imported.',
    cause,
  });

async function* linesOf(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let length = 0;
  for await (const part of content) {
    let from = 0;
    for (let end = part.indexOf(LINE_FEED); end >= 0; end = part.indexOf(LINE_FEED, from)) {
      yield Buffer.concat([...begun, part.subarray(from, end)]);
      begun = [];
      length = 0;
      from = end + 1;
    }
    begun.push(part.subarray(from));
    length += part.length - from;
    if (length > LINE_MAX_BYTES) throw unreadable('a line is too long');
  }
  if (length > 0) yield Buffer.concat(begun);
}
