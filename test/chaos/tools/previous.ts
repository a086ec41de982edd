import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { project } from '../../support/server-process.js';
import type { Scene } from '../scene.js';
import { NotHere } from './not-here.js';

const MIGRATIONS = 'src/database/migrations';

function git(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd: project, encoding: 'utf8' });
  if (status !== 0) throw new NotHere(`no history of git: ${(error?.message ?? stderr).trim()}`);
  return stdout.trim();
}

export interface Previous {
  commit: string;
  /** Its dist/main.js. */
  program: string;
}

/** The last version before the newest migration, built: what runs beside a new one while that takes its place. */
export function buildPrevious(scene: Scene): Previous {
  const newest = git('log', '--diff-filter=A', '--format=%H', '-1', '--', MIGRATIONS);
  if (newest === '') throw new NotHere('no migration was ever added');
  const commit = git('rev-parse', '--short', `${newest}^`);
  const folder = scene.folder();
  const archive = path.join(folder, 'previous.tar');
  git('archive', '--format=tar', `--output=${archive}`, commit);
  run('tar', ['-xf', archive, '-C', folder], folder);
  fs.rmSync(archive);
  // Packages only ever grow between two versions; installing others would take minutes.
  fs.symlinkSync(path.join(project, 'node_modules'), path.join(folder, 'node_modules'));
  const compiler = path.join(project, 'node_modules/typescript/bin/tsc');
  run(process.execPath, [compiler, '-p', 'tsconfig.build.json'], folder);
  return { commit, program: path.join(folder, 'dist/main.js') };
}

function run(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new NotHere(`the previous version does not build here: ${stdout}${stderr}`.slice(0, 300));
}
