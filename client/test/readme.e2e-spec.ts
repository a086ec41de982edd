import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { PASSWORD } from '../../test/support/api.js';
import { type Account, Portal } from './sync/phones.js';
import { temporaryFolder } from './support/temporary-folder.js';

const folder = temporaryFolder();
const client = path.resolve(__dirname, '..');
const readme = fs.readFileSync(path.join(client, 'README.md'), 'utf8');

let portal: Portal;
let account: Account;
beforeAll(async () => {
  portal = await Portal.open();
  account = await portal.account();
});
afterAll(() => portal.close());

it('the first sync of the README works as it stands', async () => {
  const [, code = ''] = /```js\n(.*?)```/s.exec(readme) ?? [];
  const script = code
    .replace('http://127.0.0.1:3000', portal.app.url)
    .replace('maria@example.org', account.email)
    .replace('correct horse battery staple', PASSWORD)
    .replace('training.db', path.join(folder, 'training.db'));
  // In the package’s own folder its name leads to dist/, as an installed package’s does.
  const args = ['--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: client });
  expect(stdout).toContain("name: 'Push day'");
  expect(stdout).toContain('pushed: { accepted: 1, refused: 0, superseded: 0 }');
  const other = await account.phone();
  await other.manager.syncAll();
  expect(await other.manager.records.list('routines')).toHaveLength(1);
});

it('links of the README and the documents lead somewhere', () => {
  for (const file of [
    'README.md',
    ...fs.readdirSync(path.join(client, 'docs')).map((name) => `docs/${name}`),
  ]) {
    const text = fs.readFileSync(path.join(client, file), 'utf8');
    for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect([target, fs.existsSync(path.resolve(client, path.dirname(file), target))]).toEqual([
        target,
        true,
      ]);
  }
});

it('what is published is what package.json’s entries name', async () => {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--dry-run', '--json'], { cwd: client });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const published = new Set(files.map((file) => file.path));
  const manifest = JSON.parse(fs.readFileSync(path.join(client, 'package.json'), 'utf8')) as {
    exports: Record<string, Record<string, string>>;
    bin: Record<string, string>;
  };
  const entries = [
    ...Object.values(manifest.exports).flatMap((entry) => Object.values(entry)),
    ...Object.values(manifest.bin),
  ];
  for (const entry of entries) expect(published).toContain(entry.replace(/^\.\//, ''));
  expect([...published].filter((file) => /\.spec\.|\.ts$/.test(file) && !file.endsWith('.d.ts'))).toEqual([]);
});
