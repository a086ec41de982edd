import { PassThrough } from 'node:stream';
import { readPassword } from '../../src/cli/password.js';
import { Progress } from '../../src/cli/progress.js';
import { runLine } from '../../src/cli/run.js';
import { rangeOf, sparkline } from '../../src/cli/sparkline.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { waveform } from '../../src/cli/waveform.js';

const read = (stream: PassThrough | undefined) => String(stream?.read() ?? '');

/** A terminal whose screen can be read. */
function terminal({ isTTY = false, env = {} }: { isTTY?: boolean; env?: Terminal['env'] } = {}) {
  const [stdin, stdout, stderr] = [0, 1, 2].map(() =>
    Object.assign(new PassThrough(), { isTTY, columns: 80 }),
  );
  const streams = { stdin, stdout, stderr } as Pick<Terminal, 'stdin' | 'stdout' | 'stderr'>;
  return {
    terminal: { ...streams, env, onInterrupt: () => () => undefined } satisfies Terminal,
    type: (text: string) => void stdin?.write(text),
    screen: () => read(stdout) + read(stderr),
  };
}

describe('progress', () => {
  it('is a bar with numbers on a terminal, and leaves the line when it ends', () => {
    const { terminal: at, screen } = terminal({ isTTY: true });
    const progress = new Progress(at.stderr);
    progress.show('sending', 1000, 4000);
    expect(screen()).toMatch(/sending \[█+░+\] 1000\/4000/);
    progress.end();
  });

  it('is a line now and then in a log, and none for work that is done at one go', () => {
    const { terminal: at, screen } = terminal();
    const progress = new Progress(at.stderr);
    progress.show('sending', 0, 10);
    progress.show('sending', 10, 10);
    expect(screen()).toBe('');
    progress.show('sending', 1000, 4000);
    progress.show('sending', 2000, 4000);
    expect(screen()).toBe('sending 1000 of 4000\n');
  });
});

describe('a password', () => {
  it('is asked for at a terminal and not shown', async () => {
    const { terminal: at, type, screen } = terminal({ isTTY: true });
    const asked = readPassword(at, false);
    type('open sesame\r');
    expect(await asked).toBe('open sesame');
    expect(screen()).toBe('Password: \n');
  });

  it('comes from standard input without its end of line, or from the environment', async () => {
    const piped = terminal();
    piped.type(' with spaces \n');
    (piped.terminal.stdin as PassThrough).end();
    expect(await readPassword(piped.terminal, true)).toBe(' with spaces ');
    const { terminal: at } = terminal({ env: { PHOENIX_PASSWORD: 'from there' } });
    expect(await readPassword(at, false)).toBe('from there');
  });

  it('is missing where nobody can be asked', async () => {
    await expect(readPassword(terminal().terminal, false)).rejects.toThrow(/password is needed/i);
  });
});

describe('a line', () => {
  it('without a command lists all commands', async () => {
    const { terminal: at, screen } = terminal();
    expect(await runLine([], at)).toBe(0);
    expect(screen()).toMatch(/ sync +send what changed here/);
  });

  it('with a misspelled command is told the one that was meant', async () => {
    const { terminal: at, screen } = terminal();
    expect(await runLine(['hist'], at)).toBe(2);
    expect(screen()).toContain('Did you mean history?');
  });
});

describe('a curve', () => {
  it('is the same for the same set, and lifts the weight', () => {
    const model = { seed: 'a set', startedAt: 1_769_886_000_000, seconds: 20, weightKg: 30 };
    const samples = waveform(model);
    expect(samples).toHaveLength(1000);
    expect(waveform(model)).toEqual(samples);
    expect(waveform({ ...model, seed: 'another' })).not.toEqual(samples);
    const { low, high } = rangeOf(samples.map(({ load }) => load ?? 0));
    expect([low > 28, high < 36]).toEqual([true, true]);
  });

  it('is drawn as wide as asked, gaps filled', () => {
    const points = [0, 1, 9].map((at) => ({ at, value: at }));
    expect(sparkline(points, 10)).toBe('▁▂▂▂▂▂▂▂▂█');
    expect(sparkline([], 3)).toBe('');
  });
});
