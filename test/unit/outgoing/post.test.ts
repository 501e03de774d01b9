import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, type OutgoingRequest } from '../../../server/outgoing/post.ts';
import { Receiver } from '../../support/receiver.ts';

let receiver: Receiver;
beforeEach(async () => {
  receiver = await Receiver.start();
});
afterEach(() => receiver.stop());

function asked(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return {
    method: 'POST',
    url: new URL(url),
    headers: { 'content-type': 'application/json' },
    body: '{"ü":1}',
    addresses: ['127.0.0.1'],
    signal: new AbortController().signal,
    ...more,
  };
}

test('what is sent arrives, and the answer comes back', async () => {
  receiver.answer = (_, response) => response.writeHead(429, { 'retry-after': '7' }).end('later');
  await expect(ask(asked(`${receiver.origin}/x?y=1`))).resolves.toEqual({
    status: 429,
    text: 'later',
    retryAfter: 7,
  });
  expect(receiver.received).toMatchObject([
    { method: 'POST', path: '/x?y=1', body: '{"ü":1}', headers: { 'content-type': 'application/json' } },
  ]);
});

test('the checked address is asked, whatever the name resolves to', async () => {
  const url = `http://somewhere.invalid:${receiver.port}/`;
  await expect(ask(asked(url))).resolves.toMatchObject({ status: 200 });
  expect(receiver.received[0]?.headers.host).toBe(`somewhere.invalid:${receiver.port}`);
});

test('a redirect is not followed', async () => {
  const other = await Receiver.start();
  receiver.answer = (_, response) => response.writeHead(307, { location: other.origin }).end();
  await expect(ask(asked(receiver.origin))).resolves.toMatchObject({ status: 307 });
  expect(other.received).toEqual([]);
  await other.stop();
});

test('of a huge answer only the beginning is read', async () => {
  let written = 0;
  const chunks = function* (): Generator<Buffer> {
    for (let i = 0; i < 1_000; i++) {
      written += 64 * 1024;
      yield Buffer.alloc(64 * 1024, 'a');
    }
  };
  receiver.answer = (_, response) => pipeline(Readable.from(chunks()), response).catch(() => undefined);
  const { text } = await ask(asked(receiver.origin));
  expect(text).toBe('a'.repeat(64 * 1024));
  expect(written).toBeLessThan(32 * 1024 * 1024);
});

test('a slow answer ends as none, and so does one that drips', async () => {
  receiver.answer = () => undefined;
  await expect(ask(asked(receiver.origin), 100)).rejects.toThrow('no whole answer within 0.1 s');
  receiver.answer = (_, response) => {
    const drip = setInterval(() => response.write('a'), 20);
    response.once('close', () => clearInterval(drip));
  };
  await expect(ask(asked(receiver.origin), 200)).rejects.toThrow('no whole answer within 0.2 s');
});

test('it ends when nobody wants it any more', async () => {
  const stopping = new AbortController();
  receiver.answer = () => stopping.abort(new Error('stopped'));
  await expect(ask(asked(receiver.origin, { signal: stopping.signal }))).rejects.toThrow('stopped');
});

test('a receiver that goes over to another protocol, which nobody asked for, has answered', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\nhello');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await expect(ask(asked(`http://127.0.0.1:${port}`))).resolves.toEqual({ status: 101, text: '' });
  server.close();
});
