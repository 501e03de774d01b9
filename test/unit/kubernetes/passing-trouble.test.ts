import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { isPassing, overPassingTrouble } from '../../../engines/kubernetes/registry/passing-trouble.ts';
import { Registries } from '../../../engines/kubernetes/registry/registry.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const BROKEN = 0;

/** A registry that answers so, one after the other, and the last of it for ever. */
async function registry(...statuses: number[]) {
  let asked = 0;
  const server = createServer((_request, response) => {
    const status = statuses[Math.min(asked++, statuses.length - 1)] ?? BROKEN;
    if (status === BROKEN) response.destroy();
    else response.writeHead(status).end('{}');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { server, host, asked: () => asked };
}

const { signal } = new AbortController();

function ask(host: string): () => Promise<Response> {
  const registries = new Registries({ mirrors: {}, plainHttp: [host] }, () => undefined);
  return () => registries.request(host, 'app', 'manifests/1', signal);
}

test.each([[[429, 503, 200]], [[BROKEN, 500, BROKEN, 200]]])(
  '%j is an image in the end',
  async (statuses) => {
    const { host, asked } = await registry(...statuses);
    const answer = await overPassingTrouble(ask(host), signal, [1, 1, 1]);
    expect([answer.status, asked()]).toEqual([200, statuses.length]);
  },
);

test.each([
  [404, false, 1],
  [401, false, 1],
  [403, false, 1],
  [429, true, 4],
  [502, true, 4],
  [BROKEN, true, 4],
])('%i for ever may pass: %s, and is asked %i times', async (status, passing, times) => {
  const { host, asked } = await registry(status);
  const error: unknown = await overPassingTrouble(ask(host), signal, [1, 1, 1]).catch((why: unknown) => why);
  expect([isPassing(error), asked()]).toEqual([passing, times]);
});

test('a registry that is away may come back, and a name that is none does not', async () => {
  const { host, server } = await registry(200);
  await new Promise((resolve) => server.close(resolve));
  expect(isPassing(await ask(host)().catch((why: unknown) => why))).toBe(true);
  const cause = Object.assign(new Error('getaddrinfo ENOTFOUND registry.invalid'), { code: 'ENOTFOUND' });
  expect(isPassing(new TypeError('fetch failed', { cause }))).toBe(false);
});

test('a registry whose tokens cannot be had for a moment has not refused anybody', async () => {
  const tokens = await registry(503);
  const server = createServer((_request, response) => {
    const challenge = `Bearer realm="http://${tokens.host}/token",scope="repository:app:pull"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const looked = ask(`127.0.0.1:${(server.address() as AddressInfo).port}`)();
  expect(await looked.catch(isPassing)).toBe(true);
});

test('who cancels does not wait for another look', async () => {
  const { host, asked } = await registry(503);
  const cancel = new AbortController();
  const looked = overPassingTrouble(ask(host), cancel.signal, [60_000]);
  setTimeout(() => cancel.abort(), 50);
  await expect(looked).rejects.toThrow('abort');
  expect(asked()).toBe(1);
});
