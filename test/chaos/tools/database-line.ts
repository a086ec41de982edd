import { once } from 'node:events';
import net from 'node:net';

/** What befalls the n-th statement: it never arrives, its answer never comes back, or PostgreSQL refuses it. */
export type StatementFault = 'cut before' | 'cut after' | 'error';

export const STATEMENT_FAULTS: readonly StatementFault[] = ['cut before', 'cut after', 'error'];

/** The type byte of a message that makes PostgreSQL do something, as the wire protocol numbers them. */
const EXECUTE = 0x45;
const SIMPLE_QUERY = 0x51;
const READY = Buffer.from([0x5a, 0, 0, 0, 5]);
const READY_LENGTH = 6;
/** Type byte and length; the very first message of a connection has no type byte. */
const HEAD_LENGTH = 5;

const message = (type: number, text: string, tail: number[]): Buffer => {
  const body = Buffer.concat([Buffer.from(`${text}\0`), Buffer.from(tail)]);
  const head = Buffer.alloc(HEAD_LENGTH);
  head[0] = type;
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

/** PostgreSQL's own error, of any statement: a portal nobody has opened, a division by zero. */
const spoilt = (type: number): Buffer =>
  type === EXECUTE ? message(EXECUTE, 'nobody', [0, 0, 0, 0]) : message(SIMPLE_QUERY, 'select 1/0', []);

interface Ends {
  near: net.Socket;
  far: net.Socket;
}

/** The line between a server and its PostgreSQL, which counts statements and fails where it is told to. */
export class DatabaseLine {
  /** Statements since the last `arm`. */
  statements = 0;
  /** Answers that were kept from the server, and how many of them said that a transaction had been committed. */
  lost = { answers: 0, commits: 0 };
  /** Asked for each piece of an answer: shall it and the connection be lost? */
  loses: () => boolean = () => false;
  /** Every answer comes that much later. */
  delayMs = 0;
  private fault: { at: number; how: StatementFault } | null = null;
  private readonly sockets = new Set<net.Socket>();

  private constructor(
    readonly url: string,
    private readonly listener: net.Server,
  ) {}

  static async to(databaseUrl: string): Promise<DatabaseLine> {
    const target = new URL(databaseUrl);
    const listener = net.createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(listener.address() as net.AddressInfo).port}`;
    const line = new DatabaseLine(url.href, listener);
    listener.on('connection', (near) => line.join(near, net.connect(Number(target.port), target.hostname)));
    return line;
  }

  /** Counts from 0 again; the n-th statement from now on, of any connection, meets the fault. */
  arm(fault: { at: number; how: StatementFault } | null): void {
    this.statements = 0;
    this.fault = fault;
  }

  close(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: net.Socket, far: net.Socket): void {
    const ends = { near, far };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on('error', () => cut(ends));
      socket.on('close', () => {
        this.sockets.delete(socket);
        cut(ends);
      });
    }
    const state = { isDeaf: false };
    near.on('data', this.reader(ends, state));
    far.on('data', (chunk) => this.answer(ends, state, chunk));
  }

  private answer(ends: Ends, { isDeaf }: { isDeaf: boolean }, chunk: Buffer): void {
    if (isDeaf) {
      if (chunk.subarray(-READY_LENGTH).indexOf(READY) === 0) cut(ends);
      return;
    }
    if (this.loses()) {
      this.lost.answers++;
      if (chunk.includes('COMMIT\0')) this.lost.commits++;
      cut(ends);
      return;
    }
    if (this.delayMs === 0) ends.near.write(chunk);
    else setTimeout(() => ends.near.write(chunk), this.delayMs);
  }

  /** Passes on whole messages, and looks at each. */
  private reader(ends: Ends, state: { isDeaf: boolean }) {
    let pending = Buffer.alloc(0);
    let isFirst = true;
    return (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      for (;;) {
        const typed = isFirst ? 0 : 1;
        if (pending.length < typed + 4) return;
        const end = typed + pending.readInt32BE(typed);
        if (pending.length < end) return;
        const whole = pending.subarray(0, end);
        pending = pending.subarray(end);
        const isStatement = !isFirst && (whole[0] === EXECUTE || whole[0] === SIMPLE_QUERY);
        isFirst = false;
        if (isStatement && this.isDue()) {
          if (this.fault?.how === 'cut before') return cut(ends);
          state.isDeaf = this.fault?.how === 'cut after';
          ends.far.write(state.isDeaf ? whole : spoilt(whole[0]));
        } else ends.far.write(whole);
      }
    };
  }

  private isDue(): boolean {
    this.statements++;
    return this.statements === this.fault?.at;
  }
}

function cut({ near, far }: Ends): void {
  near.destroy();
  far.destroy();
}
