import { isNamedBy, seriesTag } from './series-tag.js';

const chunks = (...ids: string[]) => ids.map((id) => ({ id }));

describe('the ETag of a series', () => {
  it('is the same for the same chunks, in whatever order they were read', () => {
    expect(seriesTag(chunks('a', 'b'), ['json', 5])).toBe(seriesTag(chunks('b', 'a'), ['json', 5]));
    expect(seriesTag([], [])).toMatch(/^"[\w-]{43}"$/);
  });

  it('differs for other chunks and for another form of the answer', () => {
    const tags = [
      seriesTag(chunks('a'), ['json', undefined]),
      seriesTag(chunks('a', 'b'), ['json', undefined]),
      seriesTag(chunks('a'), ['json', 0]),
      seriesTag(chunks('a'), ['parquet', undefined]),
    ];
    expect(new Set(tags).size).toBe(tags.length);
  });

  it.each([
    ['"a"', true],
    ['W/"a"', true],
    ['"b", "a"', true],
    ['*', true],
    ['"b"', false],
    ['a', false],
    ['', false],
  ])('is looked for in If-None-Match: %s', (header, named) => {
    expect(isNamedBy('"a"', header)).toBe(named);
  });
});
