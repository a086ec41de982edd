import { render } from './letter.js';

describe('a letter', () => {
  const { text, html } = render({
    subject: 'x',
    paragraphs: ['Tom & <b>Jerry</b>', 'The end.'],
    link: { label: 'Click "here"', url: 'https://portal.example.org/a?b=1&c=2#token=x' },
  });

  it('has its link as it is in the text', () => {
    expect(text).toBe(
      'Tom & <b>Jerry</b>\n\nhttps://portal.example.org/a?b=1&c=2#token=x\n\nThe end.\n\n-- \nPhoenix Portal\n',
    );
  });

  it('shows in HTML what it says and nothing else', () => {
    expect(html).toContain('<p>Tom &amp; &lt;b&gt;Jerry&lt;/b&gt;</p>');
    expect(html).toContain(
      '<a href="https://portal.example.org/a?b=1&amp;c=2#token=x">Click &quot;here&quot;</a>',
    );
  });
});
