import type { Scene } from './scene.js';

/** What a trial found. */
export interface Proof {
  /** The promise, as docs/trust.md has it. */
  promise: string;
  /** What was done to the server. */
  done: string;
  /** What was measured. */
  figure: string;
  /** null: could not be tried on this machine; `figure` says why. */
  held: boolean | null;
}

/** Puts one promise to the test. What it starts through the scene ends with the scene. */
export type Trial = (scene: Scene) => Promise<Proof>;

/** Collects what must hold; what does not is told in the figure. */
export class Checks {
  private count = 0;
  private readonly broken: string[] = [];

  /** Of many alike, the first few are told. */
  check(holds: boolean, otherwise: string): void {
    this.count++;
    if (!holds) this.broken.push(otherwise);
  }

  /** What others have found, each with where. */
  take(others: Checks, where: string): void {
    this.count += others.count;
    this.broken.push(...others.broken.map((text) => `${where}: ${text}`));
  }

  get number(): number {
    return this.count;
  }

  get held(): boolean {
    return this.broken.length === 0;
  }

  /** @param figure what is said in any case */
  figure(figure: string): string {
    if (this.held) return figure;
    const told = this.broken.slice(0, TOLD).join('; ');
    const more = this.broken.length > TOLD ? ` and ${this.broken.length - TOLD} more` : '';
    return `${figure}. BROKEN: ${told}${more}`;
  }
}

const TOLD = 4;
