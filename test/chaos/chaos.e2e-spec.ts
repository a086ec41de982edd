import fs from 'node:fs';
import path from 'node:path';
import { cloneDatabase, type TestDatabase } from '../support/database.js';
import { buildProgram, project } from '../support/server-process.js';
import { Checks, type Proof } from './promise.js';
import { withResults } from './report.js';
import { type Result, runTrials } from './run.js';
import type { SceneOptions } from './scene.js';
import { NotHere } from './tools/not-here.js';
import { Witness } from './tools/witness.js';
import { CHEAP, TRIALS } from './trials.js';

const proof: Proof = { promise: 'It holds.', done: 'pulled at it', figure: '3 | 4', held: true };
const result: Result = { ...proof, number: 2, seconds: 1 };

describe('the trials of the promises', () => {
  const databases: TestDatabase[] = [];
  const options: SceneOptions = {
    seed: 1,
    full: false,
    witness: new Witness(),
    newHome: async () => {
      const database = await cloneDatabase();
      databases.push(database);
      return { url: database.serverUrl, ownerUrl: database.url, adminUrl: database.url };
    },
    say: () => undefined,
  };
  beforeAll(buildProgram, 120_000);
  afterAll(() => Promise.all(databases.map((database) => database.drop())));

  it.each(CHEAP)('keep promise %i, of those that take seconds', async (number) => {
    const [{ held, figure }] = await runTrials([number], options);
    expect(figure).not.toContain('BROKEN');
    expect(held).toBe(true);
  });

  it('find a leak, a wrong status and a missing Retry-After in an answer', () => {
    const headers = { 'content-type': 'application/problem+json; charset=utf-8' };
    const blank = { status: 503, code: 'server.unavailable', error: 'Later', detail: '', requestId: 'r' };
    const faultsOf = (status: number, body: object, more: object = { 'retry-after': '2' }) => {
      const witness = new Witness();
      witness.see('GET /', status, { ...headers, ...more }, JSON.stringify(body));
      return witness.faults;
    };
    expect(faultsOf(503, blank)).toEqual([]);
    expect(faultsOf(503, blank, {})).toEqual([expect.stringContaining('no Retry-After')]);
    expect(faultsOf(500, blank)).toEqual([expect.stringContaining('says status 503')]);
    for (const detail of [
      'at Object.run (file.js:1)',
      'in /work/dist/main.js',
      'relation "users" does not exist',
      'select id from users where true',
      'connect ECONNREFUSED',
    ])
      expect(faultsOf(503, { ...blank, detail })).toHaveLength(1);
  });

  it('tell what is broken, and how much of it', () => {
    const checks = new Checks();
    for (let n = 0; n < 10; n++) checks.check(n === 0, `fault ${n}`);
    expect([checks.held, checks.number]).toEqual([false, 10]);
    expect(checks.figure('9 lost')).toBe('9 lost. BROKEN: fault 1; fault 2; fault 3; fault 4 and 5 more');
  });

  it('count as broken when they come to no end, and as not tried when a tool is missing', async () => {
    for (const [error, held, figure] of [
      [new Error('no server'), false, 'no server'],
      [new NotHere('no pg_dump'), null, 'not tried here: no pg_dump'],
    ] as const) {
      const newHome = () => Promise.reject(error);
      expect(await runTrials([10], { ...options, newHome })).toEqual([
        expect.objectContaining({ held, figure }),
      ]);
    }
  });

  it('stand in the document, where a new figure replaces the old one of the same promise', () => {
    const document = fs.readFileSync(path.join(project, 'docs/trust.md'), 'utf8');
    for (const number of TRIALS.keys()) expect(document).toMatch(new RegExp(`^\\| ${number} +\\|`, 'm'));
    const once = withResults(
      '# T\n<!-- chaos -->\n<!-- /chaos -->\n',
      [result, { ...result, number: 10 }],
      'x',
    );
    const twice = withResults(once, [{ ...result, promise: '', figure: 'new', held: false }], 'y');
    const rows = twice.split('\n').filter((line) => /^\| \d/.test(line));
    expect(rows.map((row) => row.split(/ +\| +/).slice(1))).toEqual([
      ['It holds.', 'pulled at it', 'new', 'BROKEN |'],
      ['It holds.', 'pulled at it', String.raw`3 \| 4`, 'held    |'].map((cell) =>
        expect.stringContaining(cell.trim().slice(0, 4)),
      ),
    ]);
    expect(twice).toContain('Measured on y.');
  });
});
