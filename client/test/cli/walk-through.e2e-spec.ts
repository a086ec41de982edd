import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { COMMANDS } from '../../src/cli/commands.js';
import { temporaryFolder } from '../support/temporary-folder.js';
import { Portal } from '../sync/phones.js';

jest.setTimeout(120_000);

const client = path.resolve(__dirname, '../..');
const page = fs.readFileSync(path.join(client, 'docs/command-line.md'), 'utf8');

/** The lines of a section that are meant for a shell. */
function commandsOf(heading: string): string[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const blocks = [...(section.split(/\n## /)[0] ?? '').matchAll(/```bash\n([^]*?)```/g)];
  return blocks.flatMap(([, block = '']) => block.trim().split('\n')).filter((line) => !line.startsWith('#'));
}

/** As whoever follows the page, with the phones of the page in a folder of the test. */
async function runInShell(script: string, env: Record<string, string>) {
  const shell = spawn('bash', ['-e', '-c', script], { env: { PATH: process.env.PATH, ...env } });
  let said = '';
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  await once(shell, 'close');
  return { exitCode: shell.exitCode, said };
}

describe('docs/command-line.md', () => {
  const folder = temporaryFolder();
  let portal: Portal;
  beforeAll(async () => {
    portal = await Portal.open();
  });
  afterAll(() => portal.close());

  it('leads two phones from nothing to equal digests, command by command', async () => {
    const commands = commandsOf('Two phones in two terminals');
    const grant = commands.findIndex((line) => line.startsWith('npm run cli'));
    const env = { PHOENIX_DATA: folder, PHOENIX_PORTAL: portal.app.url };
    const npx = `npx() { shift; '${process.execPath}' '${client}/bin/phoenix-sync.mjs' "$@"; }`;
    const [start, ...first] = commands.slice(0, grant);
    const [password = ''] = first;
    expect(start).toBe('npm start');
    const before = await runInShell([npx, ...first].join('\n'), env);
    expect(before).toMatchObject({ exitCode: 0 });
    await portal.query("update users set subscription_status = 'premium'");
    const after = await runInShell([npx, password, ...commands.slice(grant + 1)].join('\n'), env);
    expect(after).toMatchObject({ exitCode: 0 });
    expect(after.said.match(/^EQUAL/gm)).toHaveLength(2);
    expect(after.said).toContain('mine “Legs, by the Pixel”, theirs “Legs, by the iPhone”');
    expect(after.said).toMatch(/restored routines .*Legs, by the Pixel/);
  });

  it('shows every command, and none that is not there', () => {
    const shown = new Set(commandsOf('Commands').map((line) => line.split(' ')[1]));
    expect([...shown].toSorted()).toEqual(COMMANDS.map(({ name }) => name).toSorted());
  });
});
