import { connect, type Socket } from 'node:net';
import { appName } from './fleet.ts';

/**
 * Asks the apps 0 to `apps` - 1 in turn, `rate` times a second in all, over kept-alive connections, until it is ended.
 * `node visitors.ts PORT APPS RATE`
 */
const CONNECTIONS = 32;

const [port = 0, apps = 0, rate = 0] = process.argv.slice(2).map(Number);
const requests = Array.from({ length: apps }, (_, index) =>
  Buffer.from(`GET / HTTP/1.1\r\nHost: ${appName(index)}.localhost\r\n\r\n`),
);
const sockets: Socket[] = Array.from({ length: CONNECTIONS }, () => {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', (error) => {
    process.stderr.write(`visitors: ${error.message}\n`);
    process.exit(1);
  });
  return socket.resume();
});
const began = performance.now();
let sent = 0;
setInterval(() => {
  const due = Math.floor(((performance.now() - began) * rate) / 1_000);
  for (; sent < due; sent++) sockets[sent % CONNECTIONS]?.write(requests[sent % apps] ?? '');
}, 5);
