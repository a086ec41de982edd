import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Order, Outcome, Pace, Reply, Setting } from '../driver/protocol.js';

/** Our end of a load driver. One order at a time; what is to happen at once needs several drivers. */
export class Driver {
  private constructor(private readonly child: ChildProcess) {}

  /** @param program the folder of the compiled files */
  static start(program: string): Driver {
    return new Driver(fork(path.join(program, 'test/bench/driver/main.js'), { stdio: 'inherit' }));
  }

  async load(key: string, setting: Setting): Promise<void> {
    await this.order({ kind: 'load', key, setting });
  }

  async renew(key: string): Promise<void> {
    await this.order({ kind: 'renew', key });
  }

  async run(key: string, pace: Pace): Promise<Outcome> {
    const { outcome } = await this.order({ kind: 'run', key, pace });
    if (outcome === undefined) throw new Error(`the load driver gave no outcome of ${key}`);
    return outcome;
  }

  end(): void {
    this.child.kill();
  }

  private async order(order: Order): Promise<Reply> {
    const done = new AbortController();
    this.child.send(order);
    const reply = await Promise.race([
      once(this.child, 'message', { signal: done.signal }).then(([message]) => message as Reply),
      once(this.child, 'exit', { signal: done.signal }).then((): Reply => ({
        error: 'the load driver has ended',
      })),
    ]).finally(() => done.abort());
    if (reply.error !== undefined) throw new Error(`${order.kind} ${order.key}: ${reply.error}`);
    return reply;
  }
}
