import { spawnSync } from 'node:child_process';
import os from 'node:os';

const GIB = 1024 ** 3;

/** Where a measurement was made. */
export interface Machine {
  processor: string;
  cores: number;
  memoryGib: number;
  system: string;
  node: string;
  postgres: string;
  /** Processes that wanted a core in the last minute, when the run began. */
  load: number;
}

export function describeMachine(postgres: string): Machine {
  const cpus = os.cpus();
  return {
    processor: cpus[0]?.model.trim() ?? 'unknown',
    cores: cpus.length,
    memoryGib: Math.round(os.totalmem() / GIB),
    system: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    postgres,
    load: Math.round(os.loadavg()[0] * 100) / 100,
  };
}

/** The commit of the working tree, with a `+` if there is more than that; `unknown` outside of git. */
export function describeCommit(project: string): string {
  const git = (...args: string[]) => spawnSync('git', args, { cwd: project, encoding: 'utf8' });
  const { status, stdout } = git('rev-parse', '--short', 'HEAD');
  if (status !== 0) return 'unknown';
  return stdout.trim() + (git('status', '--porcelain', '--', 'src').stdout.trim() === '' ? '' : '+');
}
