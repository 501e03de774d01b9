import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openTree } from '../../../server/tree/open-tree.ts';
import type { SubmoduleOptions, TreeOptions } from '../../../server/tree/tree.ts';
import type { GitHttpServer } from './git-http-server.ts';
import { startGitHttpServer } from './git-http-server.ts';
import { TestRepository } from './repository.ts';
import { readTar } from './tar.ts';

/** A machine may know nobody's name for git. */
const AUTHOR = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];

let root: string;
let server: GitHttpServer;
let cache: string;
/** Set by a test that lets the server answer otherwise. */
let answer: Parameters<typeof startGitHttpServer>[1] | undefined;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sluice-submodules-'));
  cache = join(root, 'cache');
  mkdirSync(join(root, 'served'));
  answer = undefined;
  server = await startGitHttpServer(join(root, 'served'), (...exchange) => answer?.(...exchange) ?? false);
});

afterEach(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

/** Makes a repository reachable; gives its URL. */
function serve(repository: TestRepository, name: string): string {
  symlinkSync(repository.path, join(root, 'served', name));
  return `${server.origin}/${name}`;
}

function options(submodules: Partial<SubmoduleOptions> = {}, more: Partial<TreeOptions> = {}): TreeOptions {
  return {
    env: { PATH: '/usr/bin:/bin' },
    submodules: { cache, allow: [server.origin], ...submodules },
    limits: { entries: 1_000, expandedBytes: 1e8 },
    ...more,
  };
}

function gitmodules(modules: Readonly<Record<string, string>>): string {
  return Object.entries(modules)
    .map(([path, url]) => `[submodule "${path}"]\n\tpath = ${path}\n\turl = ${url}\n`)
    .join('');
}

function link(commit: string): { mode: '160000'; content: string } {
  return { mode: '160000', content: commit };
}

/** A repository with one submodule at `lib` of this URL. */
function withSubmodule(app: TestRepository, url: string, commit: string): string {
  return app.commit({ '.gitmodules': gitmodules({ lib: url }), lib: link(commit), Dockerfile: 'FROM a\n' });
}

describe('a submodule that the admin allows', () => {
  test('is part of the tree, at the commit that is linked, and asked for once', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const old = lib.commit({ 'version.txt': 'old', '-odd\nname': 'x' });
    lib.commit({ 'version.txt': 'new' });
    const commit = withSubmodule(app, serve(lib, 'lib.git'), old);
    const fetched: string[] = [];
    const watched = options({ fetching: (path) => fetched.push(path) });
    const files = await readTar(await openTree(app.path, commit, watched));
    expect([...files.keys()]).toEqual(['.gitmodules', 'Dockerfile', 'lib/-odd\nname', 'lib/version.txt']);
    expect(String(files.get('lib/version.txt')?.content)).toBe('old');
    const asked = server.asked.length;
    expect((await readTar(await openTree(app.path, commit, watched))).size).toBe(4);
    expect(server.asked).toHaveLength(asked);
    expect(fetched).toEqual(['lib']);
  });

  test('brings its own submodules', async () => {
    using inner = new TestRepository();
    using lib = new TestRepository();
    using app = new TestRepository();
    const innerCommit = inner.commit({ a: 'a' });
    const libCommit = withSubmodule(lib, serve(inner, 'inner.git'), innerCommit);
    const commit = withSubmodule(app, serve(lib, 'lib.git'), libCommit);
    const files = await readTar(await openTree(app.path, commit, options()));
    expect([...files.keys()]).toEqual(expect.arrayContaining(['lib/Dockerfile', 'lib/lib/a']));
  });

  test('is fetched side by side by two builds', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const commit = withSubmodule(app, serve(lib, 'lib.git'), lib.commit({ a: 'a' }));
    const trees = await Promise.all([1, 2, 3].map(() => openTree(app.path, commit, options())));
    for (const tree of trees) expect((await readTar(tree)).has('lib/a')).toBe(true);
    const kept = readdirSync(cache).flatMap((ofUrl) => readdirSync(join(cache, ofUrl)));
    expect(kept).toHaveLength(1);
  });

  test('is had from a server that gives only what its branches name', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const old = lib.commit({ a: 'old' });
    lib.git([
      'update-ref',
      'refs/heads/other',
      lib.git([...AUTHOR, 'commit-tree', '-p', old, '-m', 'n', `${old}^{tree}`]),
    ]);
    lib.git(['update-ref', '-d', 'refs/heads/main']);
    const url = serve(lib, 'lib.git');
    answer = (request) => {
      // Version 2 of the protocol gives any commit; without it, git asks by the older one.
      delete request.headers['git-protocol'];
      return false;
    };
    const files = await readTar(await openTree(app.path, withSubmodule(app, url, old), options()));
    expect(String(files.get('lib/a')?.content)).toBe('old');
    expect(server.asked.filter((path) => path.includes('/info/refs'))).toHaveLength(2);
  });

  test('counts for the limits of the tree', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const commit = withSubmodule(app, serve(lib, 'lib.git'), lib.commit({ a: 'x'.repeat(1_000), b: 'b' }));
    const few = options({}, { limits: { entries: 3, expandedBytes: 1e6 } });
    await expect(openTree(app.path, commit, few)).rejects.toMatchObject({
      reason: { code: 'tree_too_large' },
    });
    const small = options({}, { limits: { entries: 10, expandedBytes: 500 } });
    await expect(openTree(app.path, commit, small).then(buffer)).rejects.toThrow('larger than 500 bytes');
  });

  test('leaves room: old commits of it go, the newest five stay', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const url = serve(lib, 'lib.git');
    for (let version = 1; version <= 7; version++) {
      const commit = withSubmodule(app, url, lib.commit({ a: String(version) }));
      await buffer(await openTree(app.path, commit, options()));
      const [ofUrl = ''] = readdirSync(cache);
      const twoHoursAgo = new Date(Date.now() - 2 * 3_600_000 + version * 1_000);
      for (const name of readdirSync(join(cache, ofUrl)))
        utimesSync(join(cache, ofUrl, name), twoHoursAgo, twoHoursAgo);
      mkdirSync(join(cache, ofUrl, 'tmp-dead'), { recursive: true });
      utimesSync(join(cache, ofUrl, 'tmp-dead'), twoHoursAgo, twoHoursAgo);
    }
    const [ofUrl = ''] = readdirSync(cache);
    expect(readdirSync(join(cache, ofUrl)).filter((name) => name.endsWith('.git'))).toHaveLength(5);
  });
});

describe('a submodule is refused', () => {
  test.each([
    [
      'when the admin allows no host',
      { allow: [] },
      /^Submodule lib: 127\.0\.0\.1:\d+ is not a host that the admin allows|is not https$/,
    ],
    [
      'when it is not https and no list names it',
      { allow: undefined },
      /^Submodule lib: "http:.+" is not https$/,
    ],
    ['when the list names another port', { allow: ['http://127.0.0.1:1'] }, /is not https$/],
  ] as const)('%s, and nobody is asked', async (_, submodules, message) => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const commit = withSubmodule(app, serve(lib, 'lib.git'), lib.commit({ a: 'a' }));
    const opening = openTree(app.path, commit, options(submodules));
    await expect(opening).rejects.toMatchObject({
      message: expect.stringMatching(message),
      reason: { code: 'submodule_refused' },
    });
    expect(server.asked).toEqual([]);
  });

  test('also when it is cached from the time when it was allowed', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const commit = withSubmodule(app, serve(lib, 'lib.git'), lib.commit({ a: 'a' }));
    await buffer(await openTree(app.path, commit, options()));
    await expect(openTree(app.path, commit, options({ allow: ['example.com'] }))).rejects.toMatchObject({
      reason: { code: 'submodule_refused' },
    });
  });

  test.each([
    ['https://localhost/lib.git', /localhost is at (127\.0\.0\.1|::1), which is not a public address/],
    [
      'https://169.254.169.254/latest',
      /169\.254\.169\.254 is at 169\.254\.169\.254, which is not a public address/,
    ],
    ['https://[::ffff:127.0.0.1]/', /not a public address/],
    ['../lib.git', /is relative/],
    ['/etc', /is not https/],
    ['ext::sh -c "touch /tmp/x"', /is not https/],
    ['--upload-pack=touch', /is not https/],
  ])('when it is at %s', async (url, message) => {
    using app = new TestRepository();
    const quoted = `"${url.replaceAll('"', '\\"')}"`;
    const opening = openTree(
      app.path,
      withSubmodule(app, quoted, 'ab'.repeat(20)),
      options({ allow: undefined }),
    );
    await expect(opening).rejects.toMatchObject({
      message: expect.stringMatching(message),
      reason: { code: 'submodule_refused' },
    });
  });

  test('when .gitmodules does not name it, is not there, or is no config', async () => {
    using app = new TestRepository();
    const lib = link('ab'.repeat(20));
    for (const files of [{ lib }, { lib, '.gitmodules': gitmodules({ other: 'https://a.com' }) }]) {
      const opening = openTree(app.path, app.commit(files), options());
      await expect(opening).rejects.toThrow('Submodule lib: .gitmodules does not say where it comes from');
    }
    const broken = app.commit({ lib, '.gitmodules': '[submodule\n' });
    await expect(openTree(app.path, broken, options())).rejects.toThrow('.gitmodules cannot be read');
  });

  test('.gitmodules cannot include a file of the server', async () => {
    using app = new TestRepository();
    using other = new TestRepository();
    other.git(['config', '--file', join(other.path, 'extra'), 'submodule.lib.url', 'https://a.com']);
    const text = `[include]\n\tpath = ${join(other.path, 'extra')}\n[submodule "lib"]\n\tpath = lib\n`;
    const commit = app.commit({ '.gitmodules': text, lib: link('ab'.repeat(20)) });
    await expect(openTree(app.path, commit, options())).rejects.toThrow('does not say where it comes from');
  });

  test('when it holds itself, after five levels', async () => {
    using deep = new TestRepository();
    const url = serve(deep, 'deep.git');
    let commit = deep.commit({ a: 'a' });
    for (let level = 0; level < 6; level++) commit = withSubmodule(deep, url, commit);
    await expect(openTree(deep.path, commit, options())).rejects.toThrow(
      'Submodule lib/lib/lib/lib/lib/lib: submodules go more than 5 levels deep',
    );
  });

  test('when its tree is hostile', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const hostile = lib.commitRaw([{ mode: '100644', name: '..', id: lib.blob('x') }]);
    lib.git(['update-ref', 'refs/heads/main', hostile]);
    const commit = withSubmodule(app, serve(lib, 'lib.git'), hostile);
    await expect(openTree(app.path, commit, options())).rejects.toMatchObject({
      reason: { code: 'hostile_tree' },
    });
  });
});

describe('a submodule cannot be reached', () => {
  test('when its commit is not there', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    lib.commit({ a: 'a' });
    const commit = withSubmodule(app, serve(lib, 'lib.git'), 'ab'.repeat(20));
    await expect(openTree(app.path, commit, options())).rejects.toMatchObject({
      message: `Submodule lib: abababababab cannot be fetched from ${server.origin}/lib.git`,
      reason: {
        code: 'submodule_unreachable',
        hint: `push that commit there, and make sure that anyone may read ${server.origin}/lib.git`,
      },
    });
    expect(existsSync(cache) ? readdirSync(join(cache, readdirSync(cache)[0] ?? '')) : []).toEqual([]);
  });

  test('when its repository is not there, or wants a password', async () => {
    using app = new TestRepository();
    const commit = withSubmodule(app, `${server.origin}/none.git`, 'ab'.repeat(20));
    await expect(openTree(app.path, commit, options())).rejects.toMatchObject({
      reason: { code: 'submodule_unreachable' },
    });
    answer = (_, response) => {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      return true;
    };
    await expect(openTree(app.path, commit, options())).rejects.toMatchObject({
      reason: {
        code: 'submodule_unreachable',
        detail: [expect.stringContaining('terminal prompts disabled')],
      },
    });
  });

  test('when it redirects, which is not followed', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    serve(lib, 'moved.git');
    const commit = withSubmodule(app, `${server.origin}/lib`, lib.commit({ a: 'a' }));
    answer = (request, response) => {
      if (request.url?.startsWith('/lib/') !== true) return false;
      response.writeHead(301, { location: request.url.replace('/lib/', '/moved.git/') }).end();
      return true;
    };
    await expect(openTree(app.path, commit, options())).rejects.toMatchObject({
      reason: { code: 'submodule_unreachable', hint: expect.stringContaining('redirects are not followed') },
    });
    expect(server.asked.every((path) => path.startsWith('/lib/'))).toBe(true);
  });

  test('when it takes too long, or is too large; and cancelling ends it', async () => {
    using lib = new TestRepository();
    using app = new TestRepository();
    const content = randomBytes(300_000);
    const commit = withSubmodule(app, serve(lib, 'lib.git'), lib.commit({ a: { mode: '100644', content } }));
    await expect(openTree(app.path, commit, options({ limits: { bytes: 10_000 } }))).rejects.toThrow(
      /cannot be fetched from .+: it is larger than 10000 bytes/,
    );
    // Never answers.
    answer = () => true;
    await expect(openTree(app.path, commit, options({ limits: { seconds: 0.3 } }))).rejects.toThrow(
      /: it took longer than 0.3 s/,
    );
    const stopping = new AbortController();
    answer = () => {
      stopping.abort(new Error('cancelled'));
      return true;
    };
    await expect(openTree(app.path, commit, options({}, { signal: stopping.signal }))).rejects.toThrow(
      'cancelled',
    );
    expect(readdirSync(cache).flatMap((ofUrl) => readdirSync(join(cache, ofUrl)))).toEqual([]);
  });
});
