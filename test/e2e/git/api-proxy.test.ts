import { request, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Rig, until } from './support/rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await Rig.start();
});
afterEach(() => rig.stop());

/** The CLI's way: HTTP over the stdio of a real ssh. */
function overSsh(options: RequestOptions): ClientRequest {
  const child = rig.ssh(['sluice-api']);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('ssh has no pipes');
  stdin.on('error', () => undefined);
  const tunnel = new Duplex({
    read: () => stdout.resume(),
    write: (chunk: Buffer, _, done) => void stdin.write(chunk, done),
    final: (done) => void stdin.end(done),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  stdout.on('data', (chunk: Buffer) => tunnel.push(chunk) || stdout.pause());
  stdout.once('end', () => tunnel.push(null));
  return request({ ...options, createConnection: () => tunnel });
}

async function answerOf(
  sent: ClientRequest,
  body?: string,
): Promise<{ status: number; text: string; answer: IncomingMessage }> {
  sent.end(body);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve);
    sent.once('error', reject);
  });
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode ?? 0, text, answer };
}

test('a request reaches the server in the name of whoever holds the key', async () => {
  rig.server.onApi = (_, answer) => answer.writeHead(201, { 'x-answer': 'yes' }).end('{"ok":true}');
  const { status, text, answer } = await answerOf(
    overSsh({
      method: 'POST',
      path: '/v1/apps?x=1',
      headers: {
        'x-sluice-person': 'admin0000000',
        authorization: 'Bearer stolen',
        'content-type': 'application/json',
        connection: 'x-sluice-person, close',
      },
    }),
    '{"name":"a"}',
  );
  expect({ status, text }).toEqual({ status: 201, text: '{"ok":true}' });
  expect(answer.headers['x-answer']).toBe('yes');
  expect(rig.server.seen).toMatchObject([
    { method: 'POST', url: '/v1/apps?x=1', person: ['person0000ann0'], body: '{"name":"a"}' },
  ]);
  expect(rig.server.seen[0]?.headers['authorization']).toBeUndefined();
});

test.each([
  '/internal/ssh/authenticate',
  '/v1/../internal/pushes',
  '/v1/%2e%2e/internal/pushes',
  '/v1//internal',
  '/metrics',
  'http://server/internal/pushes',
  '/v1',
])('%s is not reachable', async (path) => {
  const { status, text } = await answerOf(overSsh({ path }));
  expect(status).toBe(404);
  expect(JSON.parse(text)).toMatchObject({ reason: { code: 'not_found' } });
  expect(rig.server.seen).toHaveLength(0);
});

test('an answer streams as it is made, and its end reaches the server when the client leaves', async () => {
  let left = false;
  let write: (text: string) => void = () => undefined;
  rig.server.onApi = (_, answer) => {
    answer.writeHead(200, { 'content-type': 'text/event-stream' });
    write = (text) => answer.write(text);
    write('first\n');
    answer.on('close', () => (left = true));
  };
  const sent = overSsh({ path: '/v1/logs' });
  sent.end();
  const answer = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve));
  let text = '';
  answer.on('data', (chunk) => (text += String(chunk)));
  answer.on('error', () => undefined);
  await until(() => text === 'first\n', 'the first line');
  write('second\n');
  await until(() => text === 'first\nsecond\n', 'the second line');
  sent.destroy();
  await until(() => left, 'the server sees that the client left');
});

test('a large body streams to the server', async () => {
  let bytes = 0;
  rig.server.onApi = (incoming, answer) => {
    incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
    incoming.on('end', () => answer.end(String(bytes)));
  };
  const sent = overSsh({ method: 'PUT', path: '/v1/upload' });
  const chunk = Buffer.alloc(64 * 1024, 'x');
  for (let i = 0; i < 160; i += 1) sent.write(chunk);
  expect((await answerOf(sent)).text).toBe(String(160 * chunk.length));
});

test('several requests share a connection', async () => {
  const child = rig.ssh(['sluice-api']);
  let text = '';
  child.stdout?.on('data', (chunk) => (text += String(chunk)));
  // Its exit code tells of an ssh that reads nothing.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(
    'GET /v1/a HTTP/1.1\r\nhost: x\r\n\r\nGET /v1/b HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
  );
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect(code).toBe(0);
  expect(rig.server.seen.map(({ url }) => url)).toEqual(['/v1/a', '/v1/b']);
  expect(text.match(/HTTP\/1.1 200/g)).toHaveLength(2);
});

test('an upgrade becomes bytes both ways, also after a body', async () => {
  const body = '{"command":["sh"]}';
  const sent = overSsh({
    method: 'POST',
    path: '/v1/apps/hello/run',
    headers: { connection: 'upgrade', upgrade: 'echo', 'content-length': body.length },
  });
  sent.end(body);
  const [head, socket, first] = await new Promise<[IncomingMessage, Duplex, Buffer]>((resolve, reject) => {
    sent.once('upgrade', (answer, stream, rest) => resolve([answer, stream, rest]));
    sent.once('error', reject);
  });
  expect(head.statusCode).toBe(101);
  let text = first.toString();
  socket.on('data', (chunk) => (text += String(chunk)));
  await until(() => text.includes('person=person0000ann0\n'), 'the server names the person');
  socket.write('over and back\n');
  await until(() => text.includes('over and back\n'), 'the echo');
  socket.destroy();
});

test.each([
  ['GET', 'platform_unreachable'],
  ['POST', 'platform_interrupted'],
])(
  'a server that ends before it answers a %s: 503 with what is known and what to do',
  async (method, code) => {
    rig.server.onApi = (incoming) => incoming.socket.destroy();
    const { status, text } = await answerOf(overSsh({ path: '/v1/me', method }));
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ reason: { code } });
  },
);

test('without the server the answer is 503 with what to do', async () => {
  await rig.server.stop();
  const child = rig.ssh(['sluice-api']);
  child.kill();
  await rig.server.start();
  const sent = overSsh({ path: '/v1/me' });
  rig.server.onApi = (incoming) => incoming.socket.destroy();
  const { status, text } = await answerOf(sent);
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({ reason: { code: 'platform_unreachable' } });
});
