import { BEGINNING, cursorOf, pageOf, placeOf } from './paging.js';

const ID = '01a2022e-616b-72c5-aa6a-6af906f48130';
const rows = Array.from({ length: 4 }, (_, n) => ({ at: -n, id: ID, name: `row ${n}` }));

describe('the cursor of a list', () => {
  it.each([0, -1, 1_769_573_610_353, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER])(
    'comes back as the place it was made from: %d',
    (at) => {
      expect(placeOf(cursorOf({ at, id: ID }))).toEqual({ at, id: ID });
    },
  );

  it('can stand in an address as it is', () => {
    const cursor = cursorOf({ at: Number.MIN_SAFE_INTEGER, id: ID });
    expect(encodeURIComponent(cursor)).toBe(cursor);
  });

  it.each([
    '',
    'x',
    '====',
    cursorOf({ at: 1.5, id: ID }),
    cursorOf({ at: 1, id: 'x' }),
    cursorOf(BEGINNING),
  ])('is refused if this server cannot have made it: %j', (text) => {
    expect(placeOf(text)).toBeNull();
  });
});

describe('a page', () => {
  it('shows at most its limit, and names the place where it ends if there is more', () => {
    const page = pageOf(rows, 3, ({ name }) => name);
    expect(page.items).toEqual(['row 0', 'row 1', 'row 2']);
    expect(placeOf(page.nextCursor ?? '')).toEqual({ at: -2, id: ID });
  });

  it('is the last one if there is no row beyond it', () => {
    expect(pageOf(rows, 4, ({ name }) => name)).toMatchObject({ nextCursor: null });
    expect(pageOf([], 4, () => null)).toEqual({ items: [], nextCursor: null });
  });
});
