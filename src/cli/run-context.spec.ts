import { EventEmitter } from 'node:events';
import { type Host, type Output, TerminalRun } from './run-context.js';

function fake(isTTY: boolean) {
  const said: string[] = [];
  const output: Output = { isTTY, write: (text: string) => said.push(text) > 0 };
  const exits: number[] = [];
  const signals = new EventEmitter();
  const host: Host = {
    on: (signal, listener) => signals.on(signal, listener),
    exit: (code) => void exits.push(code),
  };
  let now = 0;
  const run = new TerminalRun(output, output, () => now, host);
  return { run, said, exits, signals, pass: (ms: number) => (now += ms) };
}

describe('what long work tells', () => {
  it('rewrites one line of a terminal, at most ten times a second, and makes room for what else is said', () => {
    const { run, said, pass } = fake(true);
    run.progress('1 of 3');
    run.progress('2 of 3');
    pass(100);
    run.progress('3 of 3');
    run.say('a fault');
    run.clear();
    expect(said).toEqual(['1 of 3', '\r      \r', '3 of 3', '\r      \r', 'a fault\n']);
  });

  it('is a line every ten seconds elsewhere, and none where the work is short', () => {
    const { run, said, pass } = fake(false);
    run.progress('1 of 3');
    pass(10_000);
    run.progress('2 of 3');
    run.progress('3 of 3');
    expect(said).toEqual(['2 of 3\n']);
  });
});

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'])('%s ends the work after its step, the second one at once', (signal) => {
    const { run, exits, signals } = fake(false);
    const stop = run.interruption();
    expect(run.interruption()).toBe(stop);
    signals.emit(signal);
    expect([stop.aborted, exits]).toEqual([true, []]);
    signals.emit(signal);
    expect(exits).toEqual([130]);
  });

  it('is nobody’s business where the work is short', () => {
    const { signals } = fake(false);
    expect(signals.eventNames()).toEqual([]);
  });
});
