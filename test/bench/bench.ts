import fs from 'node:fs';
import path from 'node:path';
import { JOBS } from './jobs/jobs.js';
import { endOnSignal } from './lab/end-on-signal.js';
import { Lab } from './lab/lab.js';
import { describeCommit, describeMachine } from './measure/machine.js';
import { type BenchOptions, readOptions } from './options.js';
import { writeDocument } from './report/document.js';
import { changeRows, changesOf } from './report/comparison.js';
import { addResult, figureRows, loadRows, type Report } from './report/report.js';
import { tableText } from './report/table.js';

export interface Place {
  /** Folder of the compiled files of this run. */
  program: string;
  project: string;
}

/**
 * Measures, prints and writes the report. A missed goal is a finding; a wrong answer is a fault.
 * @returns the exit code: 1 if any answer was not what it had to be
 */
export async function bench(place: Place, args: readonly string[]): Promise<number> {
  const options = readOptions(
    args,
    JOBS.map(({ name }) => name),
  );
  if (options.document !== undefined) {
    const files = await writeDocument(place.project, readReport(options.document));
    for (const file of files) console.log(`Written: ${path.relative(process.cwd(), file)}`);
    return 0;
  }
  const lab = await Lab.open({ ...place, database: options.database, profile: options.profile });
  const stop = endOnSignal(lab);
  try {
    const report = await measure(lab, place, options);
    const file = path.resolve(options.out ?? defaultFile(place.project, report));
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
    print(report, options.compare);
    console.log(`\nWritten to ${path.relative(process.cwd(), file)}`);
    return report.bad.length > 0 ? 1 : 0;
  } finally {
    stop();
    await lab.close();
  }
}

const readReport = (file: string) => JSON.parse(fs.readFileSync(file, 'utf8')) as Report;

const defaultFile = (project: string, { measuredAt }: Report) =>
  path.join(project, 'build/bench', `${measuredAt.replaceAll(':', '-')}.json`);

async function measure(lab: Lab, place: Place, options: BenchOptions): Promise<Report> {
  const { jobs, rounds, seconds, rows, plots } = options;
  const report: Report = {
    format: 1,
    measuredAt: new Date().toISOString(),
    commit: describeCommit(place.project),
    machine: describeMachine(lab.postgres.version),
    effort: { rounds, seconds },
    figures: [],
    loads: [],
    points: [],
    bad: [],
  };
  const wanted = JOBS.filter(({ name, isExtra }) =>
    jobs === null ? plots || !isExtra : jobs.includes(name),
  );
  for (const job of wanted) {
    const began = performance.now();
    addResult(report, await job.run(lab, { rounds, seconds, rows }));
    console.log(`${job.title}: ${Math.round((performance.now() - began) / 1000)} s`);
  }
  return report;
}

function print(report: Report, compare: string | undefined): void {
  console.log(`\n${tableText(loadRows(report))}\n\n${tableText(figureRows(report))}`);
  for (const { title, note } of report.figures) if (note !== undefined) console.log(`  ${title}: ${note}`);
  for (const { job, server, count, fault } of report.bad)
    console.log(`\n${job} is void: ${count} bad answers of ${server}, the first: ${fault}`);
  if (compare === undefined) return;
  const before = readReport(compare);
  console.log(`\nSince ${before.commit}, ${before.measuredAt}:`);
  console.log(tableText(changeRows(changesOf(before, report))));
}
