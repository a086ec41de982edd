import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { AppError, ERRORS } from '../common/app-error.js';
import { MIB } from '../common/body-limit.js';
import { Clock } from '../common/clock.js';
import { OneAtATime } from '../common/one-at-a-time.js';
import { Env } from '../config/env.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Collections } from '../sync/collections.js';
import { ImportedRecords, type ImportedStatesCount } from '../sync/imported-records.js';
import { ExportArchive } from './export-archive.js';
import { historyFile, recordsFile, REJECTED, SAMPLES } from './format.js';
import { recordOf, rejectedOf, samplesOf, stateOf } from './import-lines.js';
import { type Place, placeOf, placeText } from './import-place.js';
import { type ImportAnswerDto, ImportReport } from './import-report.js';
import { listBatches } from './json-list.js';
import { UploadedFile } from './uploaded-file.js';

/** What is stored in one transaction; other pushes of the account go in between. */
const BATCH = { entries: 500, bytes: 2 * MIB };
/** A million samples of the worst kind. */
const PARQUET_MAX_BYTES = 48 * MIB;

/** One list of the export, and what is done with a batch of it. */
interface Step {
  file: string;
  entries: number;
  store: (batch: readonly unknown[]) => Promise<ImportedStatesCount>;
}

interface Importer {
  userId: string;
  /** What the answer before this one said. */
  after: string | undefined;
  signal: AbortSignal;
}

/**
 * Takes in an export, of this account or another. Nothing is stored before the whole file has been compared with its
 * manifest; then batch by batch, each whole or not at all, each repeatable. A request works for a bounded time and says
 * where it stopped: the same file with that place goes on there, without it everything is looked at again and nothing is
 * stored twice.
 */
@Injectable()
export class ImportService {
  private readonly places: OneAtATime;

  constructor(
    private readonly env: Env,
    private readonly clock: Clock,
    private readonly collections: Collections,
    private readonly records: ImportedRecords,
    private readonly metrics: MetricsService,
  ) {
    this.places = new OneAtATime(env.accountDataAtOnce, 'import.running');
  }

  /** @throws AppError import.*, sync.busy, sync.device_revoked, server.unavailable */
  async run(importer: Importer, body: Readable): Promise<ImportAnswerDto> {
    const leave = await this.places.enter(importer.userId, importer.signal);
    try {
      const file = await UploadedFile.receive(body, this.env.importMaxMib * MIB);
      try {
        return await this.read(importer, file);
      } finally {
        await file.close();
      }
    } finally {
      leave();
    }
  }

  private async read(importer: Importer, file: UploadedFile): Promise<ImportAnswerDto> {
    const until = this.clock.now() + this.env.importWorkSeconds * 1000;
    const archive = await ExportArchive.open(file);
    await archive.verify();
    const report = new ImportReport();
    const from = placeOf(importer.after, archive.tag);
    const isOver = () => this.clock.now() >= until || importer.signal.aborted;
    const next = await this.work(archive, this.steps(importer.userId, archive), { from, report, isOver });
    return {
      done: next === null,
      next: next && placeText(archive.tag, next),
      files: report.files,
      rejected: report.rejected,
    };
  }

  /** @returns where to go on; null when all is done */
  private async work(
    archive: ExportArchive,
    steps: readonly Step[],
    { from, report, isOver }: { from: Place; report: ImportReport; isOver: () => boolean },
  ): Promise<Place | null> {
    for (let step = from.step; step < steps.length; step++) {
      const { file, store, entries } = steps[step];
      let skip = step === from.step ? from.done : 0;
      let done = 0;
      for await (const batch of listBatches(archive.content(file), { ...BATCH, entries })) {
        const left = batch.slice(skip);
        skip -= batch.length - left.length;
        done += batch.length;
        if (left.length === 0) continue;
        report.add(file, await store(left));
        if (isOver()) return { step, done };
      }
    }
    return null;
  }

  /** Parents before children, heads before their history, records before what is told of them. */
  private steps(userId: string, archive: ExportArchive): Step[] {
    const all = this.collections.all().map(({ name }) => name);
    const known = new Set(all);
    const steps: Step[] = [
      ...all.map((name) => ({
        file: recordsFile(name),
        entries: BATCH.entries,
        store: (batch: readonly unknown[]) => this.records.addRecords(userId, name, batch.map(recordOf)),
      })),
      ...all.map((name) => ({
        file: historyFile(name),
        entries: BATCH.entries,
        store: (batch: readonly unknown[]) => this.records.addHistory(userId, name, batch.map(stateOf)),
      })),
      { file: REJECTED, entries: 50, store: (batch) => this.addRejected(userId, batch, known) },
      { file: SAMPLES, entries: 1, store: ([entry]) => this.addSamples(userId, archive, entry) },
    ];
    return steps.filter(({ file }) => archive.has(file));
  }

  private async addRejected(
    userId: string,
    batch: readonly unknown[],
    known: ReadonlySet<string>,
  ): Promise<ImportedStatesCount> {
    const entries = batch.flatMap((line) => rejectedOf(line, known) ?? []);
    const counts = await this.records.addRejected(userId, entries);
    const strange = Array.from({ length: batch.length - entries.length }, () =>
      refusal(null, 'sync.collection_unknown'),
    );
    return { ...counts, rejected: strange };
  }

  /** A series that cannot be stored is no reason to leave out the others. */
  private async addSamples(
    userId: string,
    archive: ExportArchive,
    line: unknown,
  ): Promise<ImportedStatesCount> {
    const entry = samplesOf(line);
    if (entry === null)
      return { added: 0, unchanged: 0, rejected: [refusal(null, 'metrics.invalid_samples')] };
    try {
      const bytes = await archive.bytes(entry.file, PARQUET_MAX_BYTES);
      const name = { userId, id: entry.sessionId, deviceId: entry.deviceId };
      const { changed } = await this.metrics.addParquet(name, bytes);
      return { added: changed ? 1 : 0, unchanged: changed ? 0 : 1, rejected: [] };
    } catch (error) {
      if (!(error instanceof AppError) || error.getStatus() >= 500 || error.getStatus() === 401) throw error;
      return {
        added: 0,
        unchanged: 0,
        rejected: [refusal(entry.sessionId, error.code, error.extras.detail)],
      };
    }
  }
}

const refusal = (
  clientId: string | null,
  code: keyof typeof ERRORS,
  message: string = ERRORS[code].title,
) => ({
  clientId,
  code,
  field: null,
  message,
});
