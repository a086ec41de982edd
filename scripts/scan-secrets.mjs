// npm run secrets [-- FOLDER]: fails when a file under version control holds a secret: a key of a cloud, a token, a private
// key, a password inside a URL. Where something only looks like one, say so beside it: "secretlint-disable-line".
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const project = path.resolve(import.meta.dirname, '..');
const folder = path.resolve(process.argv[2] ?? project);

/** Others, such as what a developer keeps in .env, are on this machine only. */
const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: folder,
  encoding: 'utf8',
});
if (listed.status !== 0) {
  console.error(listed.stderr || listed.error?.message);
  process.exit(1);
}
const files = listed.stdout.split('\0').filter((name) => name !== '');
const { status } = spawnSync(
  process.execPath,
  [
    path.join(project, 'node_modules/secretlint/bin/secretlint.js'),
    '--no-glob',
    '--secretlintrc',
    path.join(project, '.secretlintrc.json'),
    ...files,
  ],
  { cwd: folder, stdio: 'inherit' },
);
if (status !== 0) process.exit(status ?? 1);
console.log(`no secret in ${files.length} files`);
