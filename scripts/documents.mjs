// What docs:generate writes and drift compares: everything that can be derived from the program is derived from it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { project } from './prepare.mjs';

const WIDTH = 100;

function wrapped(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1) !== '' && lines.at(-1).length + word.length + 3 > WIDTH) lines.push('');
    lines[lines.length - 1] += lines.at(-1) === '' ? word : ` ${word}`;
  }
  return lines;
}

const envExample = (variables) =>
  [
    '# Copy to .env and change what you need; every line shows the default. Variables of the real environment win.',
    ...variables.flatMap(({ name, default: fallback, description }) => [
      '',
      ...wrapped(description).map((line) => `# ${line}`),
      `${name}=${fallback ?? ''}`,
    ]),
    '',
  ].join('\n');

const cell = (text) => text.replaceAll('|', '\\|');

const table = (head, rows) =>
  [
    `| ${head.join(' | ')} |`,
    `|${head.map(() => ' --- |').join('')}`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');

const variableTable = (variables) =>
  table(
    ['variable', 'default', 'meaning'],
    variables.map(({ name, default: fallback, description }) => [
      `\`${name}\``,
      fallback ? `\`${fallback}\`` : '',
      cell(description),
    ]),
  );

const errorTable = (errors) =>
  table(
    ['status', 'code', 'what people read'],
    Object.entries(errors)
      .toSorted(([a, { status: x }], [b, { status: y }]) => x - y || a.localeCompare(b))
      .map(([code, { status, title }]) => [
        status,
        `[\`${code}\`](#${code.replaceAll(/[._]/g, (c) => (c === '.' ? '' : c))})`,
        cell(title),
      ]),
  );

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`. */
async function withSection(file, name, content) {
  const text = fs.readFileSync(path.join(project, file), 'utf8');
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  if (!text.includes(start) || !text.includes(end)) throw new Error(`${file} lacks ${start} or ${end}`);
  const before = text.slice(0, text.indexOf(start) + start.length);
  const whole = `${before}\n\n${content}\n\n${text.slice(text.indexOf(end))}`;
  const style = await resolveConfig(path.join(project, file));
  return format(whole, { ...style, parser: 'markdown' });
}

/** The document is read from the running application, on a database of its own. */
async function openApi() {
  const { createApp } = await import('../dist/app.js');
  const { openApiDocument } = await import('../dist/openapi.js');
  const { readEnv } = await import('../dist/config/env.js');
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'phoenix-docs-'));
  fs.chmodSync(dataDir, 0o711);
  const secret = 'used-for-one-moment-on-an-empty-database';
  const env = readEnv({ DATA_DIR: dataDir, JWT_SECRET: secret, LOG_LEVEL: 'silent', NODE_ENV: 'test' });
  const { app } = await createApp(env);
  try {
    return `${JSON.stringify(openApiDocument(app), undefined, 2)}\n`;
  } finally {
    await app.close();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
}

/** File name below the project → content. */
export async function documents() {
  const { environmentVariables } = await import('../dist/config/env.js');
  const { ERRORS } = await import('../dist/common/app-error.js');
  const variables = environmentVariables();
  return new Map([
    ['.env.example', envExample(variables)],
    [
      'docs/configuration.md',
      await withSection('docs/configuration.md', 'variables', variableTable(variables)),
    ],
    ['docs/errors.md', await withSection('docs/errors.md', 'index', errorTable(ERRORS))],
    ['docs/openapi.json', await openApi()],
  ]);
}
