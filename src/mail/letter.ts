/** What an e-mail says. Plain sentences; nothing in it comes from what people typed. */
export interface Letter {
  subject: string;
  paragraphs: readonly string[];
  /** Stands after the first paragraph. */
  link?: { label: string; url: string };
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

const SIGNATURE = 'Phoenix Portal';

/** The letter for programs that show text and for those that show HTML. */
export function render({ paragraphs, link }: Letter): { text: string; html: string } {
  const [first = '', ...rest] = paragraphs;
  const text = [first, ...(link ? [link.url] : []), ...rest, `-- \n${SIGNATURE}`];
  const html = [
    `<p>${escapeHtml(first)}</p>`,
    ...(link ? [`<p><a href="${escapeHtml(link.url)}">${escapeHtml(link.label)}</a></p>`] : []),
    ...rest.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`),
    `<p>${SIGNATURE}</p>`,
  ];
  return {
    text: `${text.join('\n\n')}\n`,
    html: `<!doctype html>\n<html lang="en"><body>\n${html.join('\n')}\n</body></html>\n`,
  };
}
