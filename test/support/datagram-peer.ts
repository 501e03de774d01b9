import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * A process that stands in some network namespace and says what goes over: `listen PORT` counts what arrives, by its
 * words; `send HOST PORT WORD` sends one each millisecond. Each ends with its standard input, and prints its counts.
 */
const [what, ...rest] = process.argv.slice(2);
const socket = createSocket('udp4');
const counts: Record<string, number> = {};
const count = (word: string): void => void (counts[word] = (counts[word] ?? 0) + 1);

if (what === 'listen') {
  socket.on('message', (message) => count(message.toString()));
  socket.bind(Number(rest[0]));
  await once(socket, 'listening');
} else {
  const [host, port, word = ''] = rest;
  setInterval(() => {
    socket.send(word, Number(port), host, (error) => count(error === null ? word : 'refused'));
  }, 1);
}
process.stdout.write('ready\n');
await once(process.stdin.resume(), 'end');
process.stdout.write(`${JSON.stringify(counts)}\n`);
process.exit();
