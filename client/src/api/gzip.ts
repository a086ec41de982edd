/** Packs a body. React Native brings none of its own; `pako.gzip` is one. */
export type Gzip = (
  bytes: Uint8Array<ArrayBuffer>,
) => Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>>;

async function gzipHere(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** What the platform has; null where bodies are sent as they are. */
export const platformGzip = (): Gzip | null => (typeof CompressionStream === 'undefined' ? null : gzipHere);
