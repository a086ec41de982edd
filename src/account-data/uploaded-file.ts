import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { AppError } from '../common/app-error.js';

/** A body that is too large for memory, in a file of its own that goes when it is closed, however the process ends. */
export class UploadedFile {
  size = 0;

  private constructor(
    private readonly file: fs.FileHandle,
    private readonly folder: string,
  ) {}

  /** @throws AppError import.too_large, import.damaged, server.unavailable */
  static async receive(body: Readable, maxBytes: number): Promise<UploadedFile> {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'phoenix-import-'));
    const file = await fs.open(path.join(folder, 'upload.zip'), 'wx+', 0o600);
    // An open file without a name is gone with whoever holds it. Windows refuses, and removes it at the end.
    await fs.rm(folder, { recursive: true, force: true }).catch(() => undefined);
    const uploaded = new UploadedFile(file, folder);
    try {
      await uploaded.fill(body, maxBytes);
      return uploaded;
    } catch (error) {
      await uploaded.close();
      throw error;
    }
  }

  get descriptor(): number {
    return this.file.fd;
  }

  async close(): Promise<void> {
    await this.file.close();
    await fs.rm(this.folder, { recursive: true, force: true });
  }

  private async fill(body: Readable, maxBytes: number): Promise<void> {
    // Not destroyed by a refusal: its connection has to carry the answer.
    for await (const part of body.iterator({ destroyOnReturn: false })) {
      const bytes = part as Buffer;
      this.size += bytes.length;
      if (this.size > maxBytes)
        throw new AppError('import.too_large', {
          detail: `An export may have at most ${maxBytes / 1024 / 1024} MiB here; nothing of it was imported.`,
        });
      await this.write(bytes);
    }
  }

  private async write(bytes: Buffer): Promise<void> {
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.file.write(bytes, done);
        done += bytesWritten;
      }
    } catch (error) {
      throw new AppError('server.unavailable', { retryAfterSeconds: 60, cause: error });
    }
  }
}
