import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import net from 'node:net';
import { ChangeListener } from './change-listener.js';

const message = (type: string, body: Buffer = Buffer.alloc(0)): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = message('Z', Buffer.from('I'));
const HELLO = Buffer.concat([message('R', Buffer.alloc(4)), READY]);
const LISTENING = Buffer.concat([message('C', Buffer.from('LISTEN\0')), READY]);
const ANNOUNCEMENT = message('A', Buffer.concat([Buffer.alloc(4), Buffer.from('phoenix_changes\0{}\0')]));

/** As much of PostgreSQL as a listener speaks to. */
async function fakePostgres() {
  const lines: Socket[] = [];
  const server = net.createServer((socket) => {
    lines.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => {
      socket.write(HELLO);
      socket.on('data', (data) => data.toString('latin1').startsWith('Q') && socket.write(LISTENING));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `postgres://phoenix@127.0.0.1:${port}/phoenix`,
    lines,
    close: () => {
      for (const line of lines) line.destroy();
      server.close();
    },
  };
}

class Gate {
  open: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

describe('the connection that hears of changes', () => {
  let database: Awaited<ReturnType<typeof fakePostgres>>;
  beforeEach(async () => {
    database = await fakePostgres();
  });
  afterEach(() => database.close());

  it('is made again when it is lost while it is being proved', async () => {
    const [proved, lost, found] = [new Gate(), new Gate(), new Gate()];
    let proofs = 0;
    const listener = new ChangeListener({
      url: database.url,
      proveEveryMs: 60_000,
      prove: async () => {
        database.lines.at(-1)?.write(ANNOUNCEMENT);
        // The proof has arrived, and its sender does not know yet that it has.
        if (++proofs === 1) await proved.opened;
      },
      hear: () => proofs === 1 && database.lines[0]?.destroy(),
      found: () => found.open(),
      lost: () => lost.open(),
    });
    listener.start();
    await lost.opened;
    proved.open();
    await found.opened;
    expect(database.lines).toHaveLength(2);
    await listener.stop();
  });

  it('is let go of when its database does not answer any more', async () => {
    const found = new Gate();
    const listener = new ChangeListener({
      url: database.url,
      proveEveryMs: 60_000,
      prove: async () => void database.lines.at(-1)?.write(ANNOUNCEMENT),
      hear: () => undefined,
      found: () => found.open(),
      lost: () => undefined,
    });
    listener.start();
    await found.opened;
    database.lines[0]?.pause();
    const began = performance.now();
    await listener.stop();
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
