import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Registries } from '../../../engines/kubernetes/registry/registry.ts';
import { StoredImages } from '../../../engines/kubernetes/registry/stored-images.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

type Link = (path: string, last: string) => string;

const MANIFESTS = ['b1', 'b2', 'b3', 'b4', 'b5'].map((tag) => {
  const text = JSON.stringify({ config: { digest: 'sha256:config' }, layers: [{ digest: tag, size: 1 }] });
  return { tag, text, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
});
const REPOSITORIES = ['other/a', 'sluice/a', 'sluice/b', 'sluice/c', 'zoo/z'];

/** A registry that gives two of a list at once, whatever it is asked for. */
async function registry(link: Link): Promise<{ stored: StoredImages; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://registry');
    const path = url.pathname;
    asked.push(path + url.search);
    const all = path === '/v2/_catalog' ? REPOSITORIES : MANIFESTS.map(({ tag }) => tag);
    const from = all.indexOf(url.searchParams.get('last') ?? '') + 1;
    const page = all.slice(from, from + 2);
    const more = from + 2 < all.length;
    if (path === '/v2/_catalog' || path === '/v2/sluice/a/tags/list') {
      if (more) response.setHeader('link', link(path, page.at(-1) ?? ''));
      response.end(JSON.stringify(path === '/v2/_catalog' ? { repositories: page } : { tags: page }));
      return;
    }
    const name = path.split('/').at(-1) ?? '';
    const found = MANIFESTS.find(({ tag, digest }) => tag === name || digest === name);
    if (path.includes('/blobs/')) response.end('{"config":{}}');
    else if (found === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'docker-content-digest': found.digest }).end(found.text);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registries = new Registries({ mirrors: {}, plainHttp: [host] }, () => undefined);
  return { stored: new StoredImages(registries, host), asked };
}

test.each<[string, Link]>([
  ['a path', (path, last) => `<${path}?last=${encodeURIComponent(last)}&n=2>; rel="next"`],
  ['an address', (path, last) => `<https://proxied.example${path}?n=2&last=${last}>; rel=next`],
])('a list that a registry gives in pages is read to its end: next is %s', async (_, link) => {
  const { stored } = await registry(link);
  expect(await stored.repositories('sluice/')).toEqual(['sluice/a', 'sluice/b', 'sluice/c']);
  const images = await stored.images('sluice/a');
  expect(images.map(({ digest }) => digest)).toEqual(MANIFESTS.map(({ digest }) => digest));
});

test('a registry whose next page is always the same one is not asked for ever', async () => {
  const { stored, asked } = await registry((path) => `<${path}?n=2>; rel="next"`);
  await stored.repositories('');
  expect(asked).toEqual(['/v2/_catalog?n=1000', '/v2/_catalog?n=2']);
});

test('a repository that is not there has no images', async () => {
  const { stored } = await registry(() => '');
  expect(await stored.images('sluice/none')).toEqual([]);
});
