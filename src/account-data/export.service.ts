import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { AppError } from '../common/app-error.js';
import { Clock } from '../common/clock.js';
import { OneAtATime } from '../common/one-at-a-time.js';
import { Env } from '../config/env.js';
import { Database } from '../database/database.js';
import { MetricsService } from '../metrics/metrics.service.js';
import { Collections } from '../sync/collections.js';
import {
  type FileFacts,
  FORMAT,
  FORMAT_VERSION,
  MANIFEST,
  type Manifest,
  README,
  SAMPLES,
  type SamplesEntry,
} from './format.js';
import { listText } from './json-list.js';
import { ACCOUNT, linesOf, listingsOf } from './listings.js';
import { readmeText } from './readme-text.js';
import { ZipWriter } from './zip-writer.js';

/** However slowly somebody reads, a place is given back in the end; the HTTP server ends who reads nothing at all. */
const LONGEST_MS = 4 * 3_600_000;

export interface Export {
  fileName: string;
  stream: Readable;
}

/**
 * Everything an account owns as one ZIP, made while it is read. Nothing is held between two pages, no connection and no
 * transaction, so that a slow reader costs nobody anything; see docs/decisions/0009-taking-the-data-along.md for what this
 * says of records that change meanwhile.
 */
@Injectable()
export class ExportService {
  private readonly places: OneAtATime;
  private readonly logger = new Logger(ExportService.name);

  constructor(
    env: Env,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly collections: Collections,
    private readonly metrics: MetricsService,
  ) {
    this.places = new OneAtATime(env.accountDataAtOnce, 'export.running');
  }

  /**
   * @param signal aborted when the one who asked is gone
   * @throws AppError export.running, server.unavailable, auth.token_revoked: before anything of the answer is sent
   */
  async begin(userId: string, signal: AbortSignal): Promise<Export> {
    const leave = await this.places.enter(userId, signal);
    try {
      const now = this.clock.now();
      const [account] = await this.database
        .of(userId)
        .query<AccountRow>({ text: ACCOUNT.text, values: [userId] });
      if (!account) throw new AppError('auth.token_revoked');
      // Nobody would read it, nor end it.
      if (signal.aborted) throw new AppError('server.unavailable');
      const zip = new ZipWriter(new Date(now));
      const timer = setTimeout(() => zip.fail(new Error('the export took too long')), LONGEST_MS).unref();
      zip.output.once('close', () => {
        clearTimeout(timer);
        leave();
      });
      this.write(new Writing(zip, userId), account, now).catch((error: unknown) => {
        // Whoever stopped reading broke it off himself.
        if (!zip.output.destroyed) this.logger.warn(error, 'an export broke off');
        zip.fail(error as Error);
      });
      return { fileName: fileNameAt(now), stream: zip.output };
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async write(writing: Writing, account: AccountRow, now: number): Promise<void> {
    await writing.text(README, readmeText(this.collections, now));
    await writing.text(ACCOUNT.file, `${account.account}\n`);
    const sql = this.database.of(writing.userId);
    for (const listing of listingsOf(this.collections))
      await writing.list(listing.file, linesOf(sql, writing.userId, listing));
    await this.writeSamples(writing);
    const manifest: Manifest = {
      format: FORMAT,
      formatVersion: FORMAT_VERSION,
      exportedAt: now,
      accountId: writing.userId,
      syncTime: account.clock,
      files: writing.files,
    };
    await writing.text(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
    writing.zip.end();
  }

  /** One Parquet file for each session, then the list of them: what came while they were read is then in both or in none. */
  private async writeSamples(writing: Writing): Promise<void> {
    const index: string[] = [];
    for await (const { name, serverId, sessionId } of this.metrics.allSeries(writing.userId)) {
      const file = `samples/${serverId ?? `unknown-session-${index.length + 1}`}.parquet`;
      const { bytes, ...facts } = await this.metrics.parquet(name);
      await writing.parquet(file, bytes, facts.sampleCount);
      const entry: SamplesEntry = { file, sessionId, serverId, deviceId: name.deviceId ?? null, ...facts };
      index.push(JSON.stringify(entry));
    }
    await writing.list(SAMPLES, [index]);
  }
}

interface AccountRow {
  account: string;
  clock: number;
}

/** `phoenix-export-2026-11-29.zip` */
const fileNameAt = (now: number) => `phoenix-export-${new Date(now).toISOString().slice(0, 10)}.zip`;

/** A ZIP on its way, and what is to be said of it in the manifest. */
class Writing {
  readonly files: FileFacts[] = [];

  constructor(
    readonly zip: ZipWriter,
    readonly userId: string,
  ) {}

  async text(name: string, text: string): Promise<void> {
    this.note(name, 1, await this.zip.add(name, [text], { compress: true }));
  }

  async list(
    name: string,
    pages: AsyncIterable<readonly string[]> | Iterable<readonly string[]>,
  ): Promise<void> {
    let entries = 0;
    const text = listText(pages, () => entries++);
    const written = await this.zip.add(name, text, { compress: true });
    this.note(name, entries, written);
  }

  async parquet(name: string, bytes: Buffer, samples: number): Promise<void> {
    this.note(name, samples, await this.zip.add(name, [bytes], { compress: false }));
  }

  private note(name: string, entries: number, written: Omit<FileFacts, 'name' | 'entries'>): void {
    this.files.push({ name, entries, ...written });
  }
}
