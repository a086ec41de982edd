import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { project } from '../support/server-process.js';
import { Checks, type Proof } from './promise.js';

interface Manifest {
  scripts: Record<string, string | undefined>;
}

/** Checks that are scripts of the project. */
const SCRIPTS: readonly (readonly [what: string, script: string])[] = [
  ['licences', 'licences'],
  ['SBOM', 'sbom'],
  ['secret scan', 'secrets'],
];

interface LockedPackage {
  resolved?: string;
  integrity?: string;
  link?: boolean;
  inBundle?: boolean;
}

/** Every package of the lock file has the hash of what is to be installed. */
function checkIntegrity(checks: Checks): number {
  const lock = JSON.parse(fs.readFileSync(path.join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const packages = Object.entries(lock.packages).filter(
    ([place, { link, inBundle }]) => place.includes('node_modules/') && !link && !inBundle,
  );
  for (const [place, { integrity, resolved }] of packages) {
    checks.check(/^sha(256|384|512)-/.test(integrity ?? ''), `${place} has no hash`);
    checks.check(resolved?.startsWith('https://') ?? true, `${place} comes from ${resolved}`);
  }
  return packages.length;
}

function run(checks: Checks, what: string, command: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, encoding: 'utf8' });
  checks.check(status === 0, `${what}: ${`${stdout}${stderr}`.trim().slice(-200)}`);
}

/** What the server is made of: locked, listed, licensed, and without secrets. */
export async function supplyChain(): Promise<Proof> {
  const checks = new Checks();
  const { scripts } = JSON.parse(fs.readFileSync(path.join(project, 'package.json'), 'utf8')) as Manifest;
  const packages = checkIntegrity(checks);
  run(checks, 'lock file', process.execPath, ['scripts/check-lock.mjs']);
  const done = ['hashes and platforms of the lock file'];
  const missing: string[] = [];
  for (const [what, script] of SCRIPTS)
    if (scripts[script] === undefined) missing.push(what);
    else {
      run(checks, what, 'npm', ['run', '--silent', script]);
      done.push(what);
    }
  const absent = missing.length === 0 ? '' : `; not tried here: no script for ${missing.join(', ')}`;
  return {
    promise:
      'The supply chain is known: every package locked by hash, listed, under a licence we agreed to; no secrets.',
    done: done.join(', '),
    figure: checks.figure(`${packages} packages${absent}`),
    held: checks.held && missing.length > 0 ? null : checks.held,
  };
}
