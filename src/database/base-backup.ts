import { PassThrough, type Readable } from 'node:stream';
import { Client, type Connection, type Submittable } from 'pg';
import { fileEntry, TRAILER } from './tar.js';

export interface BaseBackupOptions {
  /** How far it is, from 0 to 1. */
  progress: (share: number) => void;
  signal: AbortSignal;
}

/** The file that pg_verifybackup and `restore` look for. */
export const MANIFEST = 'backup_manifest';

const NO_TIMEOUT = '-c wal_sender_timeout=0 -c statement_timeout=0';
const KILOBYTE = 1024;

/** With checksums of every file, and with the log that the files need to become one consistent state. */
const BACKUP =
  "BASE_BACKUP (LABEL 'phoenix-portal', PROGRESS true, CHECKPOINT 'fast', WAL true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')";

/** What the driver's own types do not know of the connection below a client. */
interface Wire {
  query(text: string): void;
  stream: { pause(): void; resume(): void };
}

/**
 * PostgreSQL's own base backup, by its replication protocol: what pg_basebackup does, which the package does not have. The
 * messages of the copy begin with a letter: n, an archive; d, data of it, or of the manifest after m; p, progress.
 */
class BackupQuery implements Submittable {
  readonly archive = new PassThrough();
  private readonly manifest: Buffer[] = [];
  private isManifest = false;
  private archives = 0;
  /** The end of the archive is held back: the manifest has to come before it. */
  private held = Buffer.alloc(0);
  private totalBytes = 0;
  private wire: Wire | undefined;
  private isPaused = false;

  constructor(private readonly progress: (share: number) => void) {}

  submit(connection: Connection): void {
    this.wire = connection as unknown as Wire;
    this.wire.query(BACKUP);
  }

  handleRowDescription(): void {}

  /** The second result has a row for each tablespace: its size is the third column, in kilobytes. */
  handleDataRow({ fields }: { fields: (string | null)[] }): void {
    if (fields.length === 3) this.totalBytes += Number(fields[2] ?? 0) * KILOBYTE;
  }

  handleCommandComplete(): void {}

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    const [kind] = chunk.subarray(0, 1).toString('latin1');
    const rest = chunk.subarray(1);
    if (kind === 'n' && ++this.archives > 1)
      this.archive.destroy(
        new Error('the database has tablespaces outside of its folder, which are not backed up'),
      );
    else if (kind === 'm') this.isManifest = true;
    else if (kind === 'p') this.progress(Number(rest.readBigInt64BE(0)) / Math.max(1, this.totalBytes));
    else if (kind === 'd' && this.isManifest) this.manifest.push(Buffer.from(rest));
    else if (kind === 'd') this.write(rest);
  }

  private write(data: Buffer): void {
    const all = Buffer.concat([this.held, data]);
    const length = Math.max(0, all.length - TRAILER.length);
    this.held = Buffer.from(all.subarray(length));
    if (length === 0 || this.archive.write(all.subarray(0, length)) || this.isPaused) return;
    // A slow disk slows the database down, and does not fill the memory.
    this.isPaused = true;
    this.wire?.stream.pause();
    this.archive.once('drain', () => {
      this.isPaused = false;
      this.wire?.stream.resume();
    });
  }

  handleReadyForQuery(): void {
    if (!this.held.equals(TRAILER)) this.archive.write(this.held);
    this.archive.write(fileEntry(MANIFEST, Buffer.concat(this.manifest)));
    this.archive.end(TRAILER);
  }

  handleError(error: Error): void {
    this.archive.destroy(error);
  }

  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
}

function replicationClient(url: string): Client {
  const settings = {
    connectionString: url,
    options: NO_TIMEOUT,
    replication: 'true',
    connectionTimeoutMillis: 5000,
  };
  const client = new Client(settings);
  client.on('error', () => undefined);
  return client;
}

/**
 * A consistent copy of the whole database server as a tar archive, while it goes on working. The log that is written
 * meanwhile is kept for it by a slot of its own.
 */
export async function withBaseBackup<T>(
  url: string,
  { progress, signal }: BaseBackupOptions,
  use: (archive: Readable) => Promise<T>,
): Promise<T> {
  const keeper = replicationClient(url);
  const sender = replicationClient(url);
  const query = new BackupQuery(progress);
  // Whoever reads it is told; nobody may be reading yet, or any more.
  query.archive.on('error', () => undefined);
  const stop = () => query.archive.destroy(signal.reason as Error);
  sender.on('end', () => {
    if (!query.archive.writableEnded) query.archive.destroy(new Error('the database ended the connection'));
  });
  try {
    await Promise.all([keeper.connect(), sender.connect()]);
    await keeper.query(
      `CREATE_REPLICATION_SLOT phoenix_backup_${process.pid} TEMPORARY PHYSICAL RESERVE_WAL`,
    );
    signal.throwIfAborted();
    signal.addEventListener('abort', stop);
    sender.query(query);
    return await use(query.archive);
  } finally {
    signal.removeEventListener('abort', stop);
    // A copy that is not read to its end would keep the connection's own end waiting.
    (sender as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
    await keeper.end().catch(() => undefined);
  }
}
