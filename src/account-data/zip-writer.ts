import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

export interface Written {
  bytes: number;
  sha256: string;
}

/**
 * A ZIP that is made while it is read: a file's content is asked for only as fast as the reader takes it. One that ends
 * before `end` has no central directory, and no program takes it for a whole one.
 */
export class ZipWriter {
  private readonly zip = new ZipFile();
  private current: Readable | null = null;
  /** What the reader is given. */
  readonly output = this.zip.outputStream as PassThrough;

  constructor(private readonly madeAt: Date) {
    // A reader that is gone takes nothing more: without this the file it was given would wait for ever.
    this.output.once('close', () => this.current?.destroy());
  }

  /** @param compress not where the content is compressed already */
  async add(
    name: string,
    content: AsyncIterable<string | Buffer> | Iterable<string | Buffer>,
    { compress }: { compress: boolean },
  ): Promise<Written> {
    const hash = createHash('sha256');
    let bytes = 0;
    async function* counted() {
      for await (const part of content) {
        const buffer = typeof part === 'string' ? Buffer.from(part) : part;
        hash.update(buffer);
        bytes += buffer.length;
        yield buffer;
      }
    }
    const source = Readable.from(counted(), { objectMode: false });
    this.current = source;
    // Asked for before the ZIP takes the source, so that a fault of the source finds somebody who waits for it.
    const done = finished(source);
    if (this.output.destroyed) source.destroy();
    else this.zip.addReadStream(source, name, { compress, mtime: this.madeAt });
    await done;
    return { bytes, sha256: hash.digest('hex') };
  }

  end(): void {
    this.zip.end();
  }

  /** Whoever reads learns that it is broken: the connection is cut. */
  fail(error: Error): void {
    this.output.destroy(error);
  }
}
