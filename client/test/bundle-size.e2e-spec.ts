import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import type { BuildOptions } from 'esbuild';

const SOURCES = `${process.cwd()}/client/src`;
const LIMIT_BYTES = 16 * 1024;

async function bundle(options: BuildOptions): Promise<{ gzipped: number; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    metafile: true,
    logLevel: 'silent',
    ...options,
  });
  return {
    gzipped: gzipSync(outputFiles?.[0]?.contents ?? '').length,
    inputs: Object.keys(metafile?.inputs ?? {}),
  };
}

const bundleOf = (file: string): ReturnType<typeof bundle> => bundle({ entryPoints: [`${SOURCES}/${file}`] });

const bundleOfCode = (contents: string): ReturnType<typeof bundle> =>
  bundle({ stdin: { contents, resolveDir: SOURCES, loader: 'ts' } });

/** Bundling for the browser fails where something of Node is imported. */
describe('The package, bundled for browsers', () => {
  it('has a core of less than 16 KB, without storage adapters', async () => {
    const { gzipped, inputs } = await bundleOf('index.ts');
    expect(inputs.filter((file) => /idb|sqlite|indexeddb|contract|cli\//.test(file))).toEqual([]);
    expect(gzipped).toBeLessThan(LIMIT_BYTES);
  });

  it('costs only what is used of it', async () => {
    const whole = await bundleOf('index.ts');
    const error = await bundleOfCode(`import { PortalError } from './index.js'; console.log(PortalError);`);
    const api = await bundleOfCode(`import { PortalApi } from './index.js'; console.log(PortalApi);`);
    expect(error.gzipped).toBeLessThan(whole.gzipped / 5);
    expect(api.gzipped).toBeLessThan(whole.gzipped / 2);
  });

  it.each([
    'store/memory-store.ts',
    'store/indexeddb-store.ts',
    'store/sqlite-store.ts',
    'store/store-contract.ts',
  ])('can have %s', async (file) => {
    const { gzipped } = await bundleOf(file);
    expect(gzipped).toBeLessThan(LIMIT_BYTES);
  });

  it('cannot have the store that needs Node', async () => {
    await expect(bundleOf('store/sqlite-node.ts')).rejects.toThrow(/node:fs/);
  });
});
