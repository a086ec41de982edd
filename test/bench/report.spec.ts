import { sizesUpTo } from './jobs/growth.js';
import { readOptions } from './options.js';
import { changeOf, changesOf } from './report/comparison.js';
import { withPart } from './report/document-part.js';
import { type Figure, isMet } from './report/figure.js';
import { coreRows } from './report/million.js';
import { latencyPlot } from './report/plots.js';
import { addResult, figureRows, type Report } from './report/report.js';
import { markdownTable, numberText, tableText } from './report/table.js';

const figure = (values: Partial<Figure>): Figure => ({
  key: 'push.cpu',
  title: 'CPU per push',
  unit: 'ms',
  rounds: [1],
  isBetter: 'lower',
  ...values,
});

const machine = { processor: '', cores: 2, memoryGib: 8, system: '', node: '', postgres: '', load: 0 };

const reportOf = (...figures: Figure[]): Report => ({
  format: 1,
  measuredAt: '2026-01-01T00:00:00.000Z',
  commit: 'abc',
  machine,
  effort: { rounds: 3, seconds: 2 },
  figures,
  loads: [],
  points: [],
  bad: [],
});

/** A run in which the reference server needed twice so many µs a push. */
const runOf = (rounds: number[], us: number): Report => ({
  ...reportOf(figure({ rounds })),
  loads: [{ job: 'push', server: 'reference', rate: 1, serverUs: us, postgresUs: us, p50: 1, p99: 1 }],
});

describe('a goal', () => {
  it('is met or missed by the median of the rounds', () => {
    expect(isMet(figure({ rounds: [0.9, 1, 9], goal: { atMost: 1 } }))).toBe(true);
    expect(isMet(figure({ rounds: [0.9, 1.1, 1.2], goal: { atMost: 1 } }))).toBe(false);
    expect(isMet(figure({ rounds: [0.8], goal: { atLeast: 0.8 } }))).toBe(true);
  });

  it('is neither where there is none, or nothing could be measured', () => {
    expect(isMet(figure({}))).toBeNull();
    expect(isMet(figure({ rounds: [NaN], goal: { atMost: 1 } }))).toBeNull();
  });

  it('is void where an answer was wrong', () => {
    const report = reportOf(
      figure({ goal: { atMost: 1 } }),
      figure({ key: 'idle-pull.cpu', goal: { atMost: 1 } }),
    );
    addResult(report, {
      figures: [],
      loads: [],
      points: [],
      bad: [{ job: 'push', server: 'ours', count: 1, fault: 'x' }],
    });
    expect(figureRows(report).map((row) => row[4])).toEqual(['', 'VOID', 'met']);
  });
});

describe('a comparison', () => {
  it('calls a change better or worse by what the figure is', () => {
    const [high, low] = [
      [99, 100, 101],
      [79, 80, 81],
    ].map((rounds) => figure({ rounds }));
    expect(changeOf(high, low)).toMatchObject({ before: 100, now: 80, ratio: 0.8, verdict: 'better' });
    expect(changeOf(low, high).verdict).toBe('worse');
    expect(changeOf({ ...high, isBetter: 'higher' }, { ...low, isBetter: 'higher' }).verdict).toBe('worse');
  });

  it('takes what the rounds differ by for noise', () => {
    const noisy = figure({ rounds: [80, 100, 130] });
    expect(changeOf(noisy, figure({ rounds: [79, 80, 81] })).verdict).toBe('within the noise');
  });

  it('never trusts rounds that were alike by chance, nor a single one', () => {
    expect(changeOf(figure({ rounds: [100, 100] }), figure({ rounds: [95, 95] })).verdict).toBe(
      'within the noise',
    );
    expect(changeOf(figure({ rounds: [100] }), figure({ rounds: [80] })).verdict).toBe('within the noise');
  });

  it('knows a slower machine by the reference server', () => {
    const [change] = changesOf(runOf([1, 1], 100), runOf([1.5, 1.5], 150));
    expect(change).toMatchObject({ ratio: 1.5, machine: 1.5, verdict: 'within the noise' });
    const [unclear] = changesOf(runOf([1, 1], 100), runOf([1, 1], 150));
    expect(unclear).toMatchObject({ ratio: 1, machine: 1.5, verdict: 'within the noise' });
    const [better] = changesOf(runOf([1, 1], 100), runOf([0.5, 0.5], 80));
    expect(better).toMatchObject({ ratio: 0.5, machine: 0.8, verdict: 'better' });
  });

  it('compares what both runs have, also zero with zero', () => {
    const before = reportOf(figure({ key: 'a', rounds: [0] }), figure({ key: 'b' }));
    const now = reportOf(figure({ key: 'c' }), figure({ key: 'a', rounds: [0] }));
    expect(changesOf(before, now).map(({ ratio, verdict }) => [ratio, verdict])).toEqual([
      [1, 'within the noise'],
    ]);
  });
});

describe('tables', () => {
  it('print three digits', () => {
    expect([0, 0.1234, 1.234, 12.34, 123.4, 12_345, NaN].map(numberText)).toEqual([
      '0',
      '0.123',
      '1.23',
      '12.3',
      '123',
      '12,345',
      '–',
    ]);
  });

  it('align text on the left and numbers on the right', () => {
    expect(
      tableText([
        ['what', 'n'],
        ['1st', '7'],
        ['second', '12'],
      ]),
    ).toBe('what    n\n1st      7\nsecond  12');
  });

  it('are Markdown as the formatter writes it', () => {
    expect(
      markdownTable([
        ['a', 'b|c'],
        ['long', 'd'],
      ]),
    ).toBe('| a    | b\\|c |\n| ---- | ---- |\n| long | d    |');
  });

  it('go between their marks in a document, again and again', () => {
    const document = 'before\n<!-- bench:x -->\nold\n<!-- /bench:x -->\nafter';
    const once = withPart(document, 'x', 'new');
    expect(once).toBe('before\n<!-- bench:x -->\n\nnew\n\n<!-- /bench:x -->\nafter');
    expect(withPart(once, 'x', 'new')).toBe(once);
    expect(() => withPart(document, 'y', 'new')).toThrow('bench:y');
  });
});

describe('what follows from a run', () => {
  it('is the number of cores a million users need', () => {
    const keys = ['idle-pull.cpu', 'push.cpu', 'small-pull.cpu', 'upload.cpu'];
    const rows = coreRows(reportOf(...keys.map((key) => figure({ key, rounds: [10] }))));
    // (1111 + 40 + 40 + 40) × 10 ms
    expect(rows.at(-2)).toEqual(['all', '', '', '', '12.3', '37.8']);
  });

  it('is a plot', () => {
    const points = [1, 2].map((x) => ({
      curve: 'load.push',
      server: 'ours',
      x,
      values: { p50: x, p99: 2 * x },
    }));
    expect(latencyPlot(points)).toMatch(/^<svg [\s\S]*Push of one workout[\s\S]*<\/svg>\n$/);
  });
});

describe('options', () => {
  it('have defaults for a run of about five minutes', () => {
    expect(readOptions([], ['push'])).toMatchObject({ jobs: null, rows: 1e6, rounds: 3, seconds: 2 });
  });

  it('know the jobs, and numbers', () => {
    expect(readOptions(['--job', 'push', '--rows', '1e7'], ['push'])).toMatchObject({
      jobs: ['push'],
      rows: 1e7,
    });
    expect(() => readOptions(['--job', 'push,pull'], ['push'])).toThrow('there is no job pull');
    expect(() => readOptions(['--rounds', 'many'], [])).toThrow('--rounds');
  });

  it('give sizes of tables, each ten times the last', () => {
    expect(sizesUpTo(1e6)).toEqual([1e4, 1e5, 1e6]);
    expect(sizesUpTo(3e4)).toEqual([1e4, 3e4]);
    expect(sizesUpTo(1)).toEqual([1e4]);
  });
});
