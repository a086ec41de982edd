import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { tmpdir } from 'node:os';
import { chromium } from 'playwright-core';
import type { BrowserContext } from 'playwright-core';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`,
  String.raw`C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe`,
];

/** Jest's workers are processes of their own: flock lets one install while the others wait, and then find it done. */
const INSTALL = `
  command -v chromium >/dev/null && exit
  echo 'Installing Chromium for the browser tests' >&2
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \\
    -o DPkg::Lock::Timeout=300 chromium >/dev/null`;

/** How long a test file may take to have its browser: the first one perhaps installs it. */
export const BROWSER_START_MS = 600_000;

const LAUNCH_MS = 120_000;

/** The tests bring what they need: on Debian as root Chromium is installed if no browser of its family is found. */
function findChromium(): string {
  const found = process.env['CHROMIUM'] ?? search();
  if (found) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get'))
    execFileSync('flock', [join(tmpdir(), 'phoenix-test-chromium.lock'), 'sh', '-ec', INSTALL], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  const installed = search();
  if (installed) return installed;
  throw new Error(
    'The browser tests need Chromium, Chrome or Edge: install one (Debian: apt-get install chromium), or set CHROMIUM to its path.',
  );
}

function search(): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter);
  const places = [...NAMES.flatMap((name) => onPath.map((folder) => join(folder, name))), ...PLACES];
  return places.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export interface Browser {
  context: BrowserContext;
  /** Ends the browser as a crash or an empty battery does. */
  kill(): Promise<void>;
}

/**
 * A browser with a profile of its own, so that runs at the same time do not meet. It ends with the process that started
 * it, even if that is killed: Playwright speaks to it through a pipe, and Chromium ends when the pipe breaks.
 */
export async function startChromium(profile: string): Promise<Browser> {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    timeout: LAUNCH_MS,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  return { context, kill: () => kill(context) };
}

async function kill(context: BrowserContext): Promise<void> {
  const browser = context.browser();
  if (!browser) throw new Error('Playwright gave no browser');
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const gone = new Promise<void>((resolve) => context.once('close', () => resolve()));
  for (const { type, id } of processInfo) if (type === 'browser') process.kill(id, 'SIGKILL');
  await gone;
}

export const newProfile = (): string => mkdtempSync(join(tmpdir(), 'phoenix-test-chromium-'));

/** After the browser has ended; its last processes may still be busy for a moment. */
export function removeProfile(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
