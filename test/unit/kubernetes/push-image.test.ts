import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { BlobWriter } from '../../../engines/build/session/content-service.ts';
import { ImagePush } from '../../../engines/kubernetes/registry/push-image.ts';
import { RegistryRefused, Registries } from '../../../engines/kubernetes/registry/registry.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, origin: string) => void;

async function pushTo(answer: Answer): Promise<ImagePush> {
  const server = createServer((request, response) =>
    answer(request, response, `http://${request.headers.host ?? ''}`),
  );
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registries = new Registries({ mirrors: {}, plainHttp: [host] }, () => undefined);
  const target = { host, repository: 'app', tag: 'b1', digest: undefined };
  return new ImagePush(registries, target, new Map(), new AbortController().signal);
}

async function opened(push: ImagePush, digest: string, size = 1): Promise<BlobWriter> {
  const writer = await push.open({ digest, size, isManifest: false });
  if (writer === undefined) throw new Error(`${digest} is there already`);
  return writer;
}

test('a layer is sent with the token of its own upload, whatever others are given meanwhile', async () => {
  const begun = Promise.withResolvers<void>();
  const lookedFor = Promise.withResolvers<void>();
  const asked: string[] = [];
  const push = await pushTo((request, response, origin) => {
    const { method = '', url = '', headers } = request;
    if (url.startsWith('/token')) {
      const [, , actions = ''] = new URL(url, origin).searchParams.get('scope')?.split(':') ?? [];
      asked.push(actions);
      response.end(JSON.stringify({ token: actions }));
      return;
    }
    const needed = method === 'HEAD' ? 'pull' : 'pull,push';
    // A token is for just what it was asked for, and one for reading lasts for one request.
    const allowed = headers.authorization === `Bearer ${needed}`;
    const isLate = method === 'HEAD' && url.endsWith('sha256:d') && asked.at(-1) !== 'pull';
    if (!allowed || isLate) {
      const scope = `repository:app:${needed}`;
      response.writeHead(401, { 'www-authenticate': `Bearer realm="${origin}/token",scope="${scope}"` });
      response.end();
      return;
    }
    if (method === 'HEAD') {
      response.writeHead(404).end();
      if (url.endsWith('sha256:d')) lookedFor.resolve();
      return;
    }
    if (method === 'POST') {
      begun.resolve();
      void lookedFor.promise.then(() => response.writeHead(202, { location: '/v2/app/uploads/1' }).end());
      return;
    }
    request.resume().on('end', () => response.writeHead(201).end());
  });
  const first = opened(push, 'sha256:a');
  await begun.promise;
  const other = opened(push, 'sha256:d');
  for (const writer of [await first, await other]) {
    await writer.write(Buffer.from('x'));
    await writer.commit();
  }
  // The read token was asked for again while the first upload was being begun.
  expect(asked).toEqual(['pull', 'pull,push', 'pull']);
  expect(push.trouble).toBeUndefined();
});

test.each([
  [401, false],
  [403, true],
  [413, true],
])('%i for the bytes of a layer whose upload was let begin is final: %s', async (status, final) => {
  const push = await pushTo((request, response) => {
    if (request.method === 'HEAD') response.writeHead(404).end();
    else if (request.method === 'POST') response.writeHead(202, { location: '/v2/app/uploads/1' }).end();
    else request.resume().on('end', () => response.writeHead(status).end('no'));
  });
  const writer = await opened(push, 'sha256:a');
  await writer.write(Buffer.from('x'));
  await expect(writer.commit()).rejects.toThrow(`answers ${status}`);
  expect(push.trouble instanceof RegistryRefused).toBe(final);
});
