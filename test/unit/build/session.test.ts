import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import type { Engine } from '../../../engines/docker/build/engine.ts';
import { filesInMemory } from '../../../engines/build/session/file-source.ts';
import { openSession } from '../../../engines/docker/build/session.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

/** A connection to an engine that has said so much already. */
async function connected(said: Buffer): Promise<Socket> {
  const peers: Socket[] = [];
  const server = createServer((peer) => {
    peers.push(peer);
    peer.on('error', () => peer.destroy());
    peer.write(said);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const socket = connect(typeof address === 'object' ? (address?.port ?? 0) : 0, '127.0.0.1');
  onTestFinished(async () => {
    for (const one of [socket, ...peers]) one.destroy();
    server.close();
    await once(server, 'close');
  });
  await once(socket, 'readable');
  return socket;
}

async function open(socket: Socket) {
  const engine = { upgrade: async () => socket } as unknown as Engine;
  const none = filesInMemory({});
  return openSession(engine, 'shared', { folders: { dockerfile: none, context: none } });
}

/** What Node throws outside of any promise ends the process. */
function uncaught(): unknown[] {
  const errors: unknown[] = [];
  const before = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => errors.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const listener of before) process.on('uncaughtException', listener);
  });
  return errors;
}

it.each([
  ['has spoken already', PREFACE],
  ['breaks the protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('a session that is closed at once ends, also when the engine %s', async (_, said) => {
  const errors = uncaught();
  const socket = await connected(said);
  expect(socket.readableLength).toBeGreaterThan(0);
  const session = await open(socket);
  session.close();
  await once(socket, 'close');
  await turn();
  expect(errors).toEqual([]);
});

it('an engine that has hung up already is one that is away', async () => {
  const errors = uncaught();
  const socket = await connected(PREFACE);
  socket.destroy();
  await expect(open(socket)).rejects.toMatchObject({ code: 'engine_unreachable' });
  await turn();
  expect(errors).toEqual([]);
});
