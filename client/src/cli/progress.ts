import cliProgress from 'cli-progress';
import type { SyncManager } from '../sync/sync-manager.js';
import type { Output } from './terminal.js';

const PHASES = { push: 'sending', pull: 'receiving', upload: 'uploading samples' } as const;

/** A log has no use for more. */
const LINE_MS = 1000;

/** Long work, told as it goes: a bar on a terminal, lines in a log. Work that is done at one go is not worth either. */
export class Progress {
  private bar: cliProgress.SingleBar | null = null;
  private toldAt = -Infinity;

  constructor(private readonly output: Output) {}

  show(label: string, done: number, total: number): void {
    if (this.output.isTTY) this.draw(label, done, total);
    else if (done > 0 && done < total) this.tell(`${label} ${done} of ${total}`);
  }

  /** Leaves the line to others. */
  end(): void {
    this.bar?.stop();
    this.bar = null;
  }

  private tell(line: string): void {
    if (performance.now() - this.toldAt < LINE_MS) return;
    this.output.write(`${line}\n`);
    this.toldAt = performance.now();
  }

  private draw(label: string, done: number, total: number): void {
    if (total === 0) return;
    if (this.bar === null) {
      const format = '{label} [{bar}] {value}/{total}';
      this.bar = new cliProgress.SingleBar({
        format,
        stream: this.output,
        hideCursor: true,
        clearOnComplete: true,
        barCompleteChar: '█',
        barIncompleteChar: '░',
      });
      this.bar.start(total, done, { label });
      return;
    }
    this.bar.setTotal(total);
    this.bar.update(done, { label });
  }
}

/** Shows what a manager does. @returns what ends it */
export function watchProgress(manager: SyncManager, output: Output): () => void {
  const shown = new Progress(output);
  const unsubscribe = manager.subscribe(({ progress }) => {
    if (progress === null || progress.total === null) shown.end();
    else shown.show(PHASES[progress.phase], progress.done, progress.total);
  });
  return () => {
    unsubscribe();
    shown.end();
  };
}
