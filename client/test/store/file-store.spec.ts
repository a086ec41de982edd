import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { storeContract } from '../../src/store/store-contract.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { FileStore } from './file-store.js';

describe('The store that docs/storage-adapters.md builds', () => {
  const folder = temporaryFolder();
  let files = 0;

  it.each(storeContract({ severalHandles: false }))('$title', async ({ run }) => {
    const file = join(folder, `store-${++files}.json`);
    await run({ open: () => FileStore.open(file) });
  });

  it('is the one that this file tests', () => {
    const guide = readFileSync('client/docs/storage-adapters.md', 'utf8');
    const code = readFileSync('client/test/store/file-store.ts', 'utf8')
      .replaceAll('../../src/index.js', '@phoenix-portal/client')
      .replaceAll('../../src/store/adapter-kit.js', '@phoenix-portal/client/adapter-kit')
      .replaceAll('../../src/store/memory-store.js', '@phoenix-portal/client/memory');
    expect(guide).toContain(`\`\`\`ts\n${code}\`\`\``);
  });
});
