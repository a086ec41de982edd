import fs from 'node:fs';
import path from 'node:path';
import { ERRORS } from '../../src/common/app-error.js';

const text = fs.readFileSync(path.resolve(__dirname, '../../docs/errors.md'), 'utf8');

describe('docs/errors.md', () => {
  const sections = new Map(
    text
      .split(/^### /m)
      .slice(1)
      .map((section) => {
        const [heading = '', ...rest] = section.split('\n');
        return [heading.replaceAll('`', '').trim(), rest.join('\n').trim()];
      }),
  );

  it('has a paragraph for each error code and for nothing else', () => {
    expect([...sections.keys()].toSorted()).toEqual(Object.keys(ERRORS).toSorted());
  });

  it('says something in each of them', () => {
    for (const [code, paragraph] of sections) expect([code, paragraph.length > 60]).toEqual([code, true]);
  });
});

describe('the error table', () => {
  it.each(Object.entries(ERRORS))(
    '%s is an area and a reason, with a status and two sentences',
    (code, error) => {
      expect(code).toMatch(/^(internal|[a-z]+\.[a-z_]+)$/);
      expect(error.status).toBeGreaterThanOrEqual(400);
      expect(error.title).toMatch(/^[A-Z].*[^.]$/);
      expect(error.detail).toMatch(/^[A-Z].*\.$/);
    },
  );
});
