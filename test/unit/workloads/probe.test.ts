import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { probe } from '../../../engines/replicas/probe.ts';

test('an app that goes over to another protocol, which nobody asked for, does not speak HTTP', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const target = { address: '127.0.0.1', port, path: '/', host: 'app.example' };
  await expect(probe(target, 1_000)).resolves.toEqual({ ok: false, error: 'bad_answer' });
  server.close();
});
