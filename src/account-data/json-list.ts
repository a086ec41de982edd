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
    for (const _ of page) count();
    yield separator + page.join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
