import { once } from 'node:events';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Closing } from './closing.js';

describe('the end of a server', () => {
  it('waits for no answer behind the one that ended its connection', async () => {
    const closing = new Closing();
    let asked = 0;
    const server = http.createServer((_, answer) => {
      closing.await(answer);
      asked++;
      answer.setHeader('connection', 'close').end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    // Node begins with all three, and forgets those behind the first when it closes.
    socket.write('GET / HTTP/1.1\r\nhost: here\r\n\r\n'.repeat(3));
    expect((await text(socket)).match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200']);
    expect(asked).toBe(3);
    await closing.beforeApplicationShutdown();
    server.close();
  });
});
