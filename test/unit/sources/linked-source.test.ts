import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SourceWish } from '../../../server/sources/source.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { LinkSecrets } from '../../../server/store/linked-repositories.ts';
import { generateSshKey } from '../../../server/git/openssh-key.ts';
import { type GitHttpServer, startGitHttpServer } from '../../e2e/tree/git-http-server.ts';
import { TestRepository } from '../../e2e/tree/repository.ts';
import { GitSshServer } from '../../support/git-ssh-server.ts';
import { TestServer } from '../../support/server.ts';

const FILES = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': 'canary: off\n' };
const signal = new AbortController().signal;

let root: string;
let host: GitHttpServer;
let server: TestServer;
let app: AppRow;
let repository: TestRepository;
let answer: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
/** What a name resolves to. */
let names: Record<string, string[]>;

async function begin(environment: Record<string, string> = {}): Promise<void> {
  server = await TestServer.start(
    { SLUICE_PRIVATE_HOSTS: host.origin, ...environment },
    { resolve: async (name) => names[name] ?? [] },
  );
  app = await server.app('shop');
}

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sluice-sources-'));
  mkdirSync(join(root, 'alice'));
  answer = undefined;
  names = {};
  host = await startGitHttpServer(root, (...exchange) => answer?.(...exchange) ?? false);
  repository = new TestRepository();
  symlinkSync(repository.path, join(root, 'alice', 'shop.git'));
});

afterEach(async () => {
  await server.remove();
  await host[Symbol.asyncDispose]();
  repository[Symbol.dispose]();
  rmSync(root, { recursive: true, force: true });
});

function link(url: string, secrets: LinkSecrets = {}, hostKeys: string | null = null): void {
  server.context.store.linkedRepositories.put({
    app_id: app.id,
    url,
    branch: null,
    provider: null,
    public_key: null,
    host_keys: hostKeys,
    secrets,
    person_id: server.alice.id,
  });
}

const here = (): string => `${host.origin}/alice/shop.git`;
const fetched = async (wish: SourceWish = {}): Promise<{ readonly commit: string }> =>
  server.context.source.fetch(app, wish, signal);

/** Nothing of a fetch is left where it was looked at. */
function leftovers(): string[] {
  const folder = server.context.settings.paths.sources;
  return existsSync(folder) ? readdirSync(folder) : [];
}

describe('over HTTP', () => {
  beforeEach(() => begin());

  test('the linked branch is fetched, and can be built; the next fetch brings only what is new', async () => {
    const commit = repository.commit({ ...FILES, large: randomBytes(200_000).toString('hex') });
    link(here());
    expect(await fetched()).toEqual({ commit });
    const { repositories, operations } = server.context;
    expect(await repositories.hasCommit(app.id, commit)).toBe(true);
    expect(leftovers()).toEqual([]);
    const build = await operations.rebuild(server.alice, app, { commit, noCache: false, now: false });
    expect(build).toMatchObject({ number: 1, commit_id: commit });
    let bytes = 0;
    answer = (_, response) => {
      const { write } = response;
      response.write = ((chunk: Buffer) => {
        bytes += chunk.length;
        return write.call(response, chunk, 'utf8');
      }) as typeof write;
      return false;
    };
    const next = repository.commit({ ...FILES, large: 'small' });
    expect(await fetched()).toEqual({ commit: next });
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(20_000);
  });

  test('a branch, a tag or a commit of its history can be meant', async () => {
    const first = repository.commit(FILES);
    repository.git(['update-ref', 'refs/heads/topic/one', first]);
    const next = repository.commit({ ...FILES, a: 'b' });
    repository.git(['-c', 'user.name=a', '-c', 'user.email=a@b.c', 'tag', '-a', '-m', 'x', 'v1', first]);
    link(here());
    expect(await fetched({ ref: 'topic/one' })).toEqual({ commit: first });
    expect(await fetched({ ref: 'refs/heads/main' })).toEqual({ commit: next });
    expect(await fetched({ ref: 'v1' })).toEqual({ commit: first });
    expect(await fetched({ ref: 'refs/tags/v1' })).toEqual({ commit: first });
    const AUTHOR = ['-c', 'user.name=a', '-c', 'user.email=a@b.c'];
    const after = repository.git([...AUTHOR, 'commit-tree', '-p', next, '-m', 'x', 'main^{tree}']);
    repository.git(['update-ref', 'refs/heads/main', after]);
    expect(await fetched({ commit: next })).toEqual({ commit: next });
  });

  test('a commit that only a pull request brought is refused, also when the host would give it', async () => {
    repository.commit(FILES);
    link(here());
    const strange = repository.git([
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b.c',
      'commit-tree',
      '-m',
      'x',
      'main^{tree}',
    ]);
    repository.git(['update-ref', 'refs/pull/1/head', strange]);
    await expect(fetched({ commit: strange })).rejects.toMatchObject({
      status: 404,
      reason: { code: 'commit_not_in_source' },
    });
    await expect(fetched({ ref: 'refs/pull/1/head' })).rejects.toMatchObject({
      reason: { code: 'source_ref', message: expect.stringContaining('neither a branch nor a tag') },
    });
    expect(await server.context.repositories.hasCommit(app.id, strange)).toBe(false);
  });

  test('what a push would be refused for is refused, and none of it stays', async () => {
    link(here());
    const refused = async (commit: string, code: string): Promise<void> => {
      await expect(fetched()).rejects.toMatchObject({ status: 422, reason: { code } });
      expect(await server.context.repositories.hasCommit(app.id, commit)).toBe(false);
      expect(leftovers()).toEqual([]);
    };
    await refused(repository.commit({ 'README.md': 'a' }), 'no_dockerfile');
    await refused(repository.commit({ ...FILES, 'sluice.yaml': 'web:\n  port: many\n' }), 'broken_config');
    await refused(
      repository.commit({ ...FILES, link: { mode: '120000', content: '/etc/passwd' } }),
      'symlink_leaves_tree',
    );
    const hostile = repository.commitRaw([{ mode: '100644', name: '.git', id: repository.blob('x') }]);
    repository.git(['update-ref', 'refs/heads/main', hostile]);
    await refused(hostile, 'bad_objects');
  });

  test('a token is sent to the host, and to nobody who looks at processes', async () => {
    const commit = repository.commit(FILES);
    link(here(), { token: 'very-secret' });
    const seen: (string | undefined)[] = [];
    answer = ({ headers }, response) => {
      seen.push(headers.authorization);
      if (headers.authorization !== undefined) return false;
      response.writeHead(401).end();
      return true;
    };
    expect(await fetched()).toEqual({ commit });
    const basic = `Basic ${Buffer.from('x-access-token:very-secret').toString('base64')}`;
    expect(new Set(seen)).toEqual(new Set([basic]));
    link(here());
    await expect(fetched()).rejects.toMatchObject({ reason: { code: 'source_login' } });
  });

  test.each([
    [
      'a redirect',
      (response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      'source_refused',
    ],
    ['a 404', (response: ServerResponse) => response.writeHead(404).end(), 'source_not_found'],
    ['a 403', (response: ServerResponse) => response.writeHead(403).end(), 'source_login'],
    ['a page', (response: ServerResponse) => response.end('<html>'), 'source_ref'],
    ['a broken line', (response: ServerResponse) => response.destroy(), 'source_unreachable'],
  ])('a host that answers with %s is said to do so', async (_, how, code) => {
    link(here());
    answer = (__, response) => {
      how(response);
      return true;
    };
    await expect(fetched()).rejects.toMatchObject({ status: 422, reason: { code } });
    await expect(server.context.source.look(app, signal)).rejects.toMatchObject({ reason: { code } });
  });

  test('looking says where the branch is, and what is missing', async () => {
    const commit = repository.commit(FILES);
    await expect(server.context.source.look(app, signal)).rejects.toMatchObject({
      status: 409,
      reason: { code: 'not_linked' },
    });
    link(here());
    expect(await server.context.source.look(app, signal)).toEqual({ commit });
    repository.git(['update-ref', '-d', 'refs/heads/main']);
    await expect(server.context.source.look(app, signal)).rejects.toMatchObject({
      reason: { code: 'source_ref' },
    });
    await expect(fetched()).rejects.toMatchObject({ reason: { code: 'source_ref' } });
  });

  test('a fetch that nobody wants any more ends, and leaves nothing', async () => {
    repository.commit(FILES);
    link(here());
    const stopping = new AbortController();
    answer = () => {
      stopping.abort(new Error('the server stops'));
      return true;
    };
    await expect(server.context.source.fetch(app, {}, stopping.signal)).rejects.toThrow('the server stops');
    expect(leftovers()).toEqual([]);
  });
});

test('one that is larger than a push may be is broken off', async () => {
  await begin({ SLUICE_MAX_PACK_BYTES: '100000' });
  repository.commit({ ...FILES, large: randomBytes(300_000).toString('hex') });
  link(here());
  await expect(fetched()).rejects.toMatchObject({ reason: { code: 'source_limit' } });
});

describe('a host inside', () => {
  test.each([
    ['http://127.0.0.1:1/a/b.git', /not https/],
    ['https://127.0.0.1/a/b.git', /not a public address/],
    ['https://inside.example.com/a/b.git', /inside\.example\.com is at 10\.0\.0\.1, which is not a public/],
    ['https://mixed.example.com/a/b.git', /169\.254\.169\.254/],
    ['ssh://git@inside.example.com/a/b.git', /10\.0\.0\.1/],
    ['https://[::ffff:10.0.0.1]/a/b.git', /not a public address/],
  ])('is not asked: %s', async (url, why) => {
    await begin();
    names = { 'inside.example.com': ['10.0.0.1'], 'mixed.example.com': ['93.184.215.14', '169.254.169.254'] };
    link(url, { deployKey: generateSshKey('x').privateKey });
    await expect(fetched()).rejects.toMatchObject({
      reason: { code: 'source_refused', message: expect.stringMatching(why) },
    });
  });

  test('is asked at the address that was checked, whatever its name resolves to', async () => {
    const commit = repository.commit(FILES);
    const origin = `http://git.example.com:${new URL(host.origin).port}`;
    await begin({ SLUICE_PRIVATE_HOSTS: origin });
    names = { 'git.example.com': ['127.0.0.1'] };
    link(`${origin}/alice/shop.git`);
    expect(await fetched()).toEqual({ commit });
  });

  test('is asked when the admin lists it for linked repositories, and then no other is', async () => {
    const commit = repository.commit(FILES);
    await begin({ SLUICE_PRIVATE_HOSTS: '', SLUICE_SOURCE_HOSTS: `github.com, ${host.origin}` });
    link(here());
    expect(await fetched()).toEqual({ commit });
    link('https://gitlab.com/a/b.git');
    await expect(fetched()).rejects.toMatchObject({
      reason: {
        code: 'source_refused',
        hint: expect.stringContaining('add gitlab.com to SLUICE_SOURCE_HOSTS'),
      },
    });
  });
});

describe('over SSH', () => {
  let git: GitSshServer;
  const pair = generateSshKey('sluice/shop');

  beforeEach(async () => {
    git = await GitSshServer.start(root);
    await begin({ SLUICE_PRIVATE_HOSTS: git.origin });
  });
  afterEach(() => git.stop());

  const url = (): string => `ssh://git@127.0.0.1:${git.port}/alice/shop.git`;

  test('the deploy key opens it once it is added there; the key of the host is kept from the first time on', async () => {
    const commit = repository.commit(FILES);
    link(url(), { deployKey: pair.privateKey });
    await expect(fetched()).rejects.toMatchObject({
      reason: { code: 'source_login', hint: expect.stringContaining('deploy key') },
    });
    const { linkedRepositories } = server.context.store;
    const kept = linkedRepositories.of(app.id)?.host_keys;
    expect(kept).toMatch(/^127\.0\.0\.1 ssh-ed25519 [\w+/=]+\n$/);
    git.authorized.add(pair.publicKey);
    expect(await server.context.source.look(app, signal)).toEqual({ commit });
    expect(await fetched()).toEqual({ commit });
    expect(linkedRepositories.of(app.id)?.host_keys).toBe(kept);
    expect(leftovers()).toEqual([]);
  });

  test('a host that shows another key than before is not spoken to', async () => {
    repository.commit(FILES);
    link(url(), { deployKey: pair.privateKey });
    git.authorized.add(pair.publicKey);
    await fetched();
    const { port } = git;
    await git.stop();
    git = await GitSshServer.start(root, port);
    git.authorized.add(pair.publicKey);
    await expect(fetched()).rejects.toMatchObject({ reason: { code: 'source_host_key' } });
    expect(leftovers()).toEqual([]);
  });
});
