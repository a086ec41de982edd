import { fromBufferPromise } from 'yauzl';
import { ZipFile } from 'yazl';
import { createHash } from 'node:crypto';
import type { Api } from './api.js';

/** The files of a ZIP, whole, as a person would unpack it. */
export async function unzip(bytes: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const zip = await fromBufferPromise(bytes);
  for await (const entry of zip.eachEntry()) {
    const parts: Buffer[] = [];
    for await (const part of await zip.openReadStreamPromise(entry)) parts.push(part as Buffer);
    files.set(entry.fileName, Buffer.concat(parts));
  }
  return files;
}

export const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** An account's export, downloaded as a browser would. */
export class Exported {
  private constructor(
    readonly zip: Buffer,
    readonly files: ReadonlyMap<string, Buffer>,
  ) {}

  static async from(url: string, token: string): Promise<Exported> {
    const response = await fetch(`${url}/api/account/export`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (response.status !== 200)
      throw new Error(`the export answered ${response.status}: ${await response.text()}`);
    return Exported.of(Buffer.from(await response.arrayBuffer()));
  }

  static async of(zip: Buffer): Promise<Exported> {
    return new Exported(zip, await unzip(zip));
  }

  names(): string[] {
    return [...this.files.keys()];
  }

  bytes(name: string): Buffer {
    const found = this.files.get(name);
    if (!found) throw new Error(`there is no ${name} in the export`);
    return found;
  }

  text(name: string): string {
    return this.bytes(name).toString('utf8');
  }

  // oxlint-disable-next-line typescript/no-explicit-any
  json(name: string): any {
    return JSON.parse(this.text(name));
  }
}

/** Sends a ZIP as an import. */
export async function importZip(
  url: string,
  token: string,
  zip: Buffer,
  query = '',
): Promise<Awaited<ReturnType<Api['get']>>> {
  const response = await fetch(`${url}/api/account/import${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/zip' },
    body: new Uint8Array(zip),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

/** A ZIP of these files, in this order. */
export async function zipOf(
  files: Iterable<readonly [name: string, content: Buffer | string]>,
): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of files) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  const parts: Buffer[] = [];
  for await (const part of zip.outputStream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** An export with other files than it had, and a manifest that is right about them: made by somebody who knows the format. */
export function forged(
  made: Exported,
  files: Readonly<Record<string, Buffer | string>>,
  manifest: object = {},
) {
  const all = new Map([
    ...made.files,
    ...Object.entries(files).map(([name, text]) => [name, Buffer.from(text)] as const),
  ]);
  all.delete('manifest.json');
  const list = [...all].map(([name, bytes]) => ({
    name,
    entries: 1,
    bytes: bytes.length,
    sha256: sha256(bytes),
  }));
  const text = JSON.stringify({ ...made.json('manifest.json'), files: list, ...manifest });
  return zipOf([...all, ['manifest.json', text]]);
}
