import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PERSON_HEADER } from '../../../core/contracts/internal.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { PersonRow } from '../../../server/store/people.ts';
import { ask } from '../../support/ask.ts';
import { eventually } from '../../support/eventually.ts';
import { RealSsh } from '../../support/real-ssh.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
let ssh: RealSsh;
let shop: AppRow;
let olga: PersonRow;

beforeAll(async () => {
  server = await TestServer.start();
  ssh = await RealSsh.start(server);
  const { store, operations } = server.context;
  olga = store.people.create('olga', false);
  ssh.admit('olga', olga);
  shop = await operations.createApp(olga, 'shop');
  await operations.createApp(server.alice, 'secret');
});
afterAll(async () => {
  await ssh.stop();
  await server.remove();
});

/** A request in olga's name, as her own key sends it. */
async function api(method: string, path: string, body?: unknown) {
  const said = body === undefined ? undefined : JSON.stringify(body);
  const answer = await ask(
    {
      socketPath: server.context.settings.paths.serverSocket,
      method,
      path,
      timeout: 60_000,
      headers: {
        [PERSON_HEADER]: olga.id,
        ...(said === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(said) }),
      },
    },
    said,
  );
  return { status: answer.status, body: answer.body === '' ? {} : (JSON.parse(answer.body) as Body) };
}
type Body = { id?: string; name?: string; items?: Record<string, unknown>[]; reason?: { code: string } };

/** The API as the key's holder reaches it: HTTP/1.1 over an SSH channel. */
async function overSsh(key: string, method: string, path: string): Promise<number> {
  const { out } = await ssh.ssh(
    key,
    ['sluice-api'],
    `${method} ${path} HTTP/1.1\r\nhost: sluice\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
  );
  return Number(/^HTTP\/1\.1 (\d+)/.exec(out)?.[1]);
}

test('a job pushes by a deploy key, follows the build to its verdict, and may do nothing else', async () => {
  const publicKey = ssh.newKey('ci');
  const folder = await ssh.repository('work', 'shop');
  expect((await ssh.git('ci', folder, ['push', 'platform', 'main'])).err).toContain('Permission denied');

  const added = await api('POST', '/v1/apps/shop/deploy-keys', { publicKey });
  expect(added).toMatchObject({ status: 201, body: { name: 'ci' } });

  const pushing = ssh.git('ci', folder, ['push', 'platform', 'main']);
  const build = await eventually('the build is there', () => server.context.store.builds.open(shop.id)[0]);
  await server.build(build, 'shop:1');
  const pushed = await pushing;
  expect(pushed.err).toContain('v1');
  expect(pushed.code, pushed.err).toBe(0);
  const cloned = await ssh.git('ci', server.folder, ['clone', '-q', ssh.url('shop'), 'copy']);
  expect(cloned.code, cloned.err).toBe(0);
  expect(readFileSync(join(server.folder, 'copy', 'Dockerfile'), 'utf8')).toBe('FROM scratch\n');

  const allowed = ['', '/builds', '/builds/1', '/releases', '/releases/1', '/rollouts', '/rollouts/1'];
  for (const path of allowed) expect(await overSsh('ci', 'GET', `/v1/apps/shop${path}`), path).toBe(200);
  for (const path of ['/config', '/logs', '/members', '/domains', '/ps', '/audit', '/deploy-keys'])
    expect(await overSsh('ci', 'GET', `/v1/apps/shop${path}`), path).toBe(403);
  for (const path of ['/builds', '/rollback', '/ps/restart', '/deploy-keys'])
    expect(await overSsh('ci', 'POST', `/v1/apps/shop${path}`), path).toBe(403);
  for (const path of ['/v1/keys', '/v1/tokens', '/v1/status', '/v1/doctor', '/v1/audit'])
    expect(await overSsh('ci', 'GET', path), path).toBe(403);
  expect(await overSsh('ci', 'POST', '/v1/apps')).toBe(403);
  for (const path of ['/v1/apps/secret', '/v1/apps/nothing', '/v1/apps/secret/builds'])
    expect(await overSsh('ci', 'GET', path), path).toBe(404);

  const { body: events } = await api('GET', '/v1/apps/shop/audit?action=build');
  expect(events.items).toMatchObject([
    { person: 'ci (deploy key)', via: 'key', address: '127.0.0.1', action: 'build.create' },
  ]);
  const { body: keys } = await api('GET', '/v1/apps/shop/deploy-keys');
  expect(keys.items).toMatchObject([{ name: 'ci', lastUsedFrom: '127.0.0.1' }]);
  expect((await api('GET', '/v1/apps/shop/builds/1')).body).toMatchObject({ person: 'ci (deploy key)' });
});

test("another app's deploy key cannot tell whether an app is there", async () => {
  const folder = await ssh.repository('other', 'secret');
  const told = async (app: string, verb: readonly string[]) => {
    const { code, out, err } = await ssh.git('ci', folder, [...verb, ssh.url(app), 'main']);
    // What git says itself and what the platform says come by two ways, in either order.
    return { code, text: `${out}${err}`.replaceAll(app, 'APP').split('\n').toSorted().join('\n') };
  };
  for (const verb of [['push'], ['fetch']]) {
    const [there, missing] = [await told('secret', verb), await told('nothin', verb)];
    expect(there).toEqual(missing);
    expect(there.text).toContain('there is no app "APP" that you may see');
    expect(there.code).toBe(128);
  }
});

test('one key is of one app, or of one person, and nobody learns whose', async () => {
  const publicKey = readFileSync(join(server.folder, 'key-ci.pub'), 'utf8');
  await server.context.operations.createApp(olga, 'blog');
  const again = await api('POST', '/v1/apps/blog/deploy-keys', { publicKey });
  expect(again).toMatchObject({ status: 409, body: { reason: { code: 'key_exists' } } });
  expect(JSON.stringify(again.body)).not.toContain('shop');
  const own = await api('POST', '/v1/keys', { publicKey });
  expect(own.body.reason?.code).toBe('key_exists');
});

test('a viewer may clone, is told who could let them push, and the refusal is in the audit log', async () => {
  const { store } = server.context;
  const vic = store.people.create('vic', false);
  ssh.admit('vic', vic);
  store.people.setRole(shop.id, vic.id, 'viewer');
  const folder = join(server.folder, 'work');
  const pushed = await ssh.git('vic', folder, ['push', 'platform', 'main']);
  expect(pushed.code, pushed.err).toBe(128);
  expect(pushed.err).toContain('you are viewer of shop; this needs deployer');
  expect(pushed.err).toContain('sluice access:add vic deployer -a shop');
  expect((await ssh.git('vic', folder, ['fetch', 'platform'])).code).toBe(0);
  const { body } = await api('GET', '/v1/apps/shop/audit?action=push');
  expect(body.items).toMatchObject([{ person: 'vic', action: 'push.refuse', address: '127.0.0.1' }]);
});

test('a deploy key that is removed, or whose app is destroyed, is refused at once; its key is free', async () => {
  const folder = join(server.folder, 'work');
  const fetch = async (key: string) => (await ssh.git(key, folder, ['fetch', 'platform'])).err;
  expect((await api('DELETE', '/v1/apps/shop/deploy-keys/ci')).status).toBe(204);
  expect(await fetch('ci')).toContain('Permission denied');
  const publicKey = readFileSync(join(server.folder, 'key-ci.pub'), 'utf8');
  expect((await api('POST', '/v1/apps/shop/deploy-keys', { publicKey, name: 'ci' })).status).toBe(201);
  expect(await fetch('ci')).toBe('');
  await api('DELETE', '/v1/apps/shop', { confirm: 'shop' });
  expect(await fetch('ci')).toContain('Permission denied');
  expect((await api('POST', '/v1/keys', { publicKey })).status).toBe(201);
});
