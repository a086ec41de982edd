import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { Client } from 'pg';
import { buildProgram, project, temporaryFolder } from '../support/server-process.js';
import type { Report } from './report/report.js';

const RUN_MS = 90_000;

/** Structure only: how long anything takes is for `npm run bench` to say. */
describe('npm run bench', () => {
  const server = process.env.PHOENIX_TEST_SERVER ?? '';
  const { folder, remove } = temporaryFolder();
  const out = path.join(folder, 'report.json');
  let said = '';
  let report: Report;

  beforeAll(async () => {
    buildProgram();
    const args = ['--job', 'push,repeated-push', '--seconds', '0.5', '--rounds', '2', '--database', server];
    const child = spawn(process.execPath, ['scripts/bench.mjs', ...args, '--out', out], { cwd: project });
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    const [code] = (await once(child, 'exit')) as [number];
    expect({ code, said }).toMatchObject({ code: 0 });
    report = JSON.parse(fs.readFileSync(out, 'utf8')) as Report;
  }, RUN_MS);

  afterAll(remove);

  it('writes every figure with one value for each round, and gets no wrong answer', () => {
    expect(report.bad).toEqual([]);
    expect(report.figures.map(({ key, rounds }) => [key, rounds.length])).toEqual([
      ['push.cpu', 2],
      ['push.ratio', 2],
      ['repeated-push.cpu', 2],
      ['repeated-push.rows-written', 1],
    ]);
    for (const { rounds } of report.figures) expect(rounds.every((value) => value >= 0)).toBe(true);
  });

  it('measures the server and the reference', () => {
    expect(report.loads.map(({ job, server }) => [job, server])).toEqual([
      ['push', 'ours'],
      ['push', 'reference'],
      ['repeated-push', 'ours'],
    ]);
    for (const { rate, serverUs } of report.loads) expect([rate > 0, serverUs > 0]).toEqual([true, true]);
  });

  it('counts no row that an unchanged push writes', () => {
    expect(report.figures.at(-1)?.rounds).toEqual([0]);
  });

  it('prints the figures', () => {
    expect(said).toContain('Push of one workout: CPU per push');
  });

  it('leaves nothing behind', async () => {
    const client = new Client({ connectionString: server });
    await client.connect();
    const { rows } = await client.query(`select datname from pg_database where datname like 'bench_%'`);
    await client.end();
    expect(rows).toEqual([]);
  });
});
