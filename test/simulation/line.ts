import { PortalError } from '../../client/src/api/portal-error.js';
import type { LineFault, Trouble } from './commands.js';
import type { PullAnswer, PushAnswer, PushBody } from './wire.js';

/** Sees every request that arrives at the server, with its answer, whether or not the phone hears of it. */
export interface Observer {
  pushed(line: Line, body: PushBody, answer: PushAnswer): Promise<void>;
  /** Before the server is asked; gives what is to be done with the answer. */
  pulling(line: Line, body: PushBody): Promise<(answer: PullAnswer) => Promise<void>>;
  /** A request that will arrive later, if ever. */
  delayed(line: Line, body: PushBody): void;
}

/** What happens on the line during one sync. */
export interface Weather {
  trouble: Trouble | null;
  meanwhile: (() => Promise<unknown>) | null;
  stop: () => void;
}

const QUIET: Weather = { trouble: null, meanwhile: null, stop: () => undefined };

/** The network between one running phone and the server, with everything that can go wrong there. */
export class Line {
  private weather = QUIET;
  private pushes = 0;
  private pulls = 0;
  /** The process at its end has died: nothing is heard or said any more. */
  private isCut = false;

  constructor(
    readonly account: number,
    private readonly observer: Observer,
  ) {}

  begin(weather: Weather): void {
    this.weather = weather;
    this.pushes = 0;
    this.pulls = 0;
  }

  end(): void {
    this.weather = QUIET;
  }

  cut(): void {
    this.isCut = true;
  }

  push(body: PushBody, send: () => Promise<PushAnswer>): Promise<PushAnswer> {
    const at = this.pushes++;
    const { trouble } = this.weather;
    const fault = trouble?.at === at ? trouble.push : undefined;
    const delay = () => this.observer.delayed(this, structuredClone(body));
    return this.carry(fault, delay, async () => {
      const answer = await send();
      await this.observer.pushed(this, body, answer);
      return answer;
    });
  }

  pull(body: PushBody, send: () => Promise<PullAnswer>): Promise<PullAnswer> {
    const at = this.pulls++;
    const { trouble } = this.weather;
    const fault = trouble?.at === at ? trouble.pull : undefined;
    return this.carry(
      fault,
      () => undefined,
      async () => {
        const seen = await this.observer.pulling(this, body);
        const answer = await send();
        await seen(answer);
        return answer;
      },
    );
  }

  private async carry<A>(
    fault: LineFault | undefined,
    delay: () => void,
    send: () => Promise<A>,
  ): Promise<A> {
    if (this.isCut) throw new PortalError('client.offline');
    if (fault === 'stopped before it') {
      this.weather.stop();
      throw new PortalError('client.aborted');
    }
    if (fault === 'request delayed') delay();
    if (fault === 'request lost' || fault === 'request delayed') throw new PortalError('client.offline');
    const answer = fault === 'sent three times at once' ? await this.thrice(send) : await send();
    const { meanwhile } = this.weather;
    this.weather = { ...this.weather, meanwhile: null };
    await meanwhile?.();
    if (fault === 'answer lost' || this.isCut) throw new PortalError('client.offline');
    if (fault === 'timeout after the server has done it') throw new PortalError('client.timeout');
    return answer;
  }

  private async thrice<A>(send: () => Promise<A>): Promise<A> {
    const [answer] = await Promise.all([send(), send(), send()]);
    return answer;
  }
}
