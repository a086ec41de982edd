import '../../src/app.module.js';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { getMetadataArgsStorage } from 'typeorm';
import { SyncModule } from '../../src/sync/sync.module.js';
import { startTestApp } from '../support/app.js';

const project = path.resolve(__dirname, '../..');
const read = (file: string) => fs.readFileSync(path.join(project, file), 'utf8');
const exists = (file: string) => fs.existsSync(path.join(project, file));

const documents = [
  ...fs.readdirSync(project),
  ...fs.readdirSync(path.join(project, 'docs'), { recursive: true }).map((name) => `docs/${String(name)}`),
].filter((name) => name.endsWith('.md'));

/** Their own files are named in these; others quote paths of a reader's machine, too. */
const guides = ['README.md', 'CONTRIBUTING.md', 'docs/architecture.md'];

/** What CONTRIBUTING tells the reader to make. */
const NOT_YET = /challenge/;

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');

const withoutBlocks = (text: string) => text.replaceAll(/```[^]*?```/g, '');

const anchorsOf = (file: string) => all(withoutBlocks(read(file)), /^#+ (.*)$/gm).map(anchorOf);

describe.each(documents)('%s', (document) => {
  it('links to files that are there', () => {
    const targets = all(read(document), /\]\(([^)#\s]+)(?:#[^)]*)?\)/g).filter((to) => !/^[a-z]+:/.test(to));
    const files = targets.map((to) => path.join(path.dirname(document), to));
    expect(files.filter((file) => !exists(file))).toEqual([]);
  });

  it('links to headings that are there', () => {
    const targets = all(withoutBlocks(read(document)), /\]\(([^)\s:]*#[^)\s]+)\)/g).map((to) =>
      to.split('#'),
    );
    const missing = targets.filter(([to = '', anchor = '']) => {
      const file = to === '' ? document : path.join(path.dirname(document), to);
      return file.endsWith('.md') && !anchorsOf(file).includes(anchor);
    });
    expect(missing).toEqual([]);
  });

  it('names npm scripts that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = all(read(document), /npm (?:run )?((?:start|test)\b|(?<=run )[a-z:]*[a-z])/g);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe.each(guides)('%s', (guide) => {
  it('names files that are there', () => {
    const files = all(read(guide), /`((?:src|test|demo|docs|scripts|\.ci)\/[\w./-]+)`/g);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !exists(file) && !NOT_YET.test(file))).toEqual([]);
  });

  it('names tests that are there', () => {
    const tests = fs
      .readdirSync(path.join(project, 'test'), { recursive: true })
      .map((name) => `test/${String(name)}`);
    const named = all(read(guide), /npm test -- (test\/[\w./-]+)/g);
    expect(named.filter((name) => !tests.some((test) => test.startsWith(name)))).toEqual([]);
  });

  it('names addresses that are there', () => {
    const { paths } = JSON.parse(read('docs/openapi.json')) as { paths: Record<string, object> };
    const known = [...Object.keys(paths), '/api/docs', '/api'].map(
      (address) => new RegExp(`^${address.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    );
    const named = all(read(guide), /(\/api(?:\/[\w{}-]+)*)/g);
    expect(named.filter((address) => !known.some((pattern) => pattern.test(address)))).toEqual([]);
  });
});

describe('docs/architecture.md', () => {
  it('explains every table but those of further collections, and no other', () => {
    const [, section = ''] = read('docs/architecture.md').split('## Tables');
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => all(row.split('|')[1] ?? '', /`(\w+)`/g));
    const tables = getMetadataArgsStorage().tables;
    expect(named.filter((name) => !tables.some((table) => table.name === name))).toEqual([]);
    const collections = new Set<unknown>(SyncModule.definitions.map(({ entity }) => entity));
    const others = tables.filter(({ target }) => !collections.has(target)).map(({ name }) => name ?? '');
    expect(others.filter((name) => !named.includes(name))).toEqual([]);
  });
});

describe('the first push of README.md', () => {
  it('works, command by command', async () => {
    const app = await startTestApp();
    try {
      const [, section = ''] = /## The first push\n([^]*?)\n## /.exec(read('README.md')) ?? [];
      const commands = all(section, /```bash\n([^]*?)```/g).join('\n');
      const { stdout } = await promisify(execFile)(
        'bash',
        ['-euo', 'pipefail', '-c', commands.replace(/^URL=.*$/m, `URL=${app.url}`)],
        {
          cwd: project,
          env: {
            ...process.env,
            DATABASE_URL: app.env.databaseUrl,
            DATABASE_OWNER_URL: app.env.databaseOwnerUrl,
          },
        },
      );
      for (const answer of [
        'sync is open now',
        '"rejected":[],"superseded":[]}',
        '"resync":false',
        '{"uploaded":8855,"total":8855}',
        '"samples":[{',
      ])
        expect(stdout).toContain(answer);
    } finally {
      await app.close();
    }
  }, 120_000);
});
