import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RuntimeSocket } from '../../../router/haproxy/runtime-socket.ts';

let folder: string;
let server: Server;
let answers: boolean;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sl-rs-'));
  answers = true;
  server = createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n').filter(Boolean))
        if (answers) socket.write(`answer to ${line}\n\n> `);
    });
    socket.on('error', () => undefined);
  });
  server.listen(join(folder, 's'));
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

test('a thousand commands over one connection leave no listeners behind', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const runtime = await RuntimeSocket.open(join(folder, 's'), 5_000);
  const all = await Promise.all(Array.from({ length: 1_000 }, (_, n) => runtime.send(`show ${n}`)));
  expect(all[999]).toBe('answer to show 999');
  await new Promise((resolve) => setImmediate(resolve));
  process.off('warning', note);
  expect(warnings).toEqual([]);
  runtime.close();
});

test('an answer is whole wherever its parts were cut', async () => {
  const long = 'x'.repeat(200_000);
  for (const parts of [
    [long, '\n', '\n> '],
    [`${long}\n\n`, '>', ' '],
    [long, '\n\n>', ' '],
  ]) {
    server.removeAllListeners('connection');
    server.on('connection', (socket) => {
      let asked = 0;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        asked += 1;
        void (async () => {
          for (const part of asked === 1 ? ['\n> '] : parts) {
            socket.write(part);
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        })();
      });
    });
    const runtime = await RuntimeSocket.open(join(folder, 's'), 5_000);
    expect(await runtime.send('show stat')).toBe(long);
    expect(await runtime.send('show stat')).toBe(long);
    runtime.close();
  }
});

test('an answer that does not come in time ends the connection and the command with it', async () => {
  const runtime = await RuntimeSocket.open(join(folder, 's'), 100);
  answers = false;
  await expect(runtime.send('show info')).rejects.toThrow(/show info/);
  await runtime.closed;
});
