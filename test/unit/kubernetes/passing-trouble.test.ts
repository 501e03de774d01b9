import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { ImageUse } from '../../../engines/build/dockerfile/dockerfile.ts';
import { BuildLost } from '../../../engines/kubernetes/build/job/build-lost.ts';
import { RegistryBaseImages } from '../../../engines/kubernetes/build/job/registry-base-images.ts';
import { findImage } from '../../../engines/kubernetes/registry/find-image.ts';
import {
  causeOf,
  isPassing,
  overPassingTrouble,
  waits,
} from '../../../engines/kubernetes/registry/passing-trouble.ts';
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
    const answer = await overPassingTrouble(ask(host), signal, { pauses: [1, 1, 1] });
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
  const error: unknown = await overPassingTrouble(ask(host), signal, { pauses: [1, 1, 1] }).catch(
    (why: unknown) => why,
  );
  expect([isPassing(error), asked()]).toEqual([passing, times]);
});

test('a registry that is away may come back, and a name that is none does not', async () => {
  const { host, server } = await registry(200);
  await new Promise((resolve) => server.close(resolve));
  expect(isPassing(await ask(host)().catch((why: unknown) => why))).toBe(true);
  const cause = Object.assign(new Error('getaddrinfo ENOTFOUND registry.invalid'), { code: 'ENOTFOUND' });
  expect(isPassing(new TypeError('fetch failed', { cause }))).toBe(false);
});

test('one that is restarted is waited for, longer than its pod takes to come again', async () => {
  const all = [...waits()];
  expect(all.slice(0, 4)).toEqual([1_000, 2_000, 4_000, 8_000]);
  const sum = all.reduce((total, wait) => total + wait, 0);
  expect(sum).toBeGreaterThan(60_000);
  expect(sum).toBeLessThan(120_000);
  expect([...waits({ longMs: -1 })]).toEqual([]);

  const { host, server, asked } = await registry(200);
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const told: string[] = [];
  const looked = overPassingTrouble(ask(host), signal, {
    pauses: Array.from({ length: 500 }, () => 10),
    onWait: async (trouble) => {
      told.push(causeOf(trouble));
      server.listen(port, '127.0.0.1');
    },
  });
  expect((await looked).status).toBe(200);
  expect(asked()).toBe(1);
  expect(told).toEqual([expect.stringContaining('ECONNREFUSED')]);
});

test.each([
  ['refused elsewhere', [404]],
  ['away as well', [BROKEN]],
])(
  'a mirror that is away may yet have what is %s: nobody says that there is no such image',
  async (_, other) => {
    const [mirror, own] = [await registry(503), await registry(...other)];
    const plainHttp = [mirror.host, own.host];
    const registries = new Registries({ mirrors: { [own.host]: [mirror.host] }, plainHttp }, () => undefined);
    const reference = { host: own.host, repository: 'base', tag: '1', digest: undefined };
    const looked = findImage(registries, reference, 'linux/amd64', signal);
    expect(await looked.catch(isPassing)).toBe(true);
  },
);

test('of a base image that cannot be had for a while, its build is lost and may begin again; of none, it fails', async () => {
  const use = { image: '', line: 3, platform: undefined };
  const pinned = async (...statuses: number[]): Promise<[unknown, string]> => {
    const { host } = await registry(...statuses);
    let said = '';
    const bases = new RegistryBaseImages(
      new Registries({ mirrors: {}, plainHttp: [host] }, () => undefined),
      { installationId: 'i', appId: 'a' },
      async (text) => void (said += text),
      [],
      { pauses: [1] },
    );
    const error: unknown = await bases
      .pin([{ ...use, image: `${host}/base:1` } as ImageUse], signal)
      .catch((why: unknown) => why);
    return [error, said];
  };
  const [lost, told] = await pinned(503);
  expect(lost).toBeInstanceOf(BuildLost);
  expect(lost).toMatchObject({ reason: { code: 'registry_unreachable' } });
  expect(told).toMatch(/^ {7}No answer yet about the base image .*; asking again\n$/);
  const [failed, silent] = await pinned(404);
  expect(failed).toMatchObject({ reason: { code: 'base_image_unavailable' } });
  expect(silent).toBe('');
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
  const looked = overPassingTrouble(ask(host), cancel.signal, { pauses: [60_000] });
  setTimeout(() => cancel.abort(), 50);
  await expect(looked).rejects.toThrow('abort');
  expect(asked()).toBe(1);
});
