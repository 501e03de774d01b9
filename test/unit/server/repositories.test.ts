import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Repositories } from '../../../server/repositories/repositories.ts';
import { must } from '../../support/command.ts';
import { TestServer } from '../../support/server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await TestServer.start();
});
afterEach(async () => {
  await server.remove();
});

test('a repository with very many packs is packed up, and every kept commit stays', async () => {
  const app = await server.app('shop');
  const { repositories } = server.context;
  const path = repositories.path(app.id);
  const packs = async (): Promise<number> =>
    (await readdir(join(path, 'objects/pack'))).filter((name) => name.endsWith('.pack')).length;
  for (let n = 0; n < 55; n++) {
    const commit = await server.commit(app, { n: String(n) });
    await repositories.keepBuild(app.id, `build${String(n).padStart(11, '0')}`, commit);
    await must('git', ['--git-dir', path, 'repack', '-q', '-d', '-l']);
  }
  expect(await packs()).toBe(55);
  await repositories.tidy(app.id);
  expect(await packs()).toBeLessThan(5);
  expect(await repositories.keptBuilds(app.id)).toHaveLength(55);
  await must('git', ['--git-dir', path, 'fsck', '--connectivity-only']);
}, 60_000);

test('a branch is found as a file and packed, and is undefined when there is none', async () => {
  const app = await server.app('shop');
  const { repositories } = server.context;
  const commit = await server.commit(app, { a: 'b' });
  expect(await repositories.branch(app.id, 'main')).toBeUndefined();
  await repositories.moveBranch(app.id, 'main', commit);
  expect(await repositories.branch(app.id, 'main')).toBe(commit);
  await must('git', ['--git-dir', repositories.path(app.id), 'pack-refs', '--all']);
  expect(await repositories.branch(app.id, 'main')).toBe(commit);
  const later = await server.commit(app, { a: 'c' }, commit);
  await repositories.moveBranch(app.id, 'main', later);
  expect(await repositories.branch(app.id, 'main')).toBe(later);
});

test('a branch is found without a git process, packed or not', async () => {
  const app = await server.app('shop');
  const { repositories, settings } = server.context;
  const commit = await server.commit(app, { a: 'b' });
  const withoutGit = new Repositories(settings.paths.repositories, { PATH: '/nowhere' });
  await repositories.moveBranch(app.id, 'main', commit);
  expect(await withoutGit.branch(app.id, 'main')).toBe(commit);
  await must('git', ['--git-dir', repositories.path(app.id), 'pack-refs', '--all']);
  expect(await withoutGit.branch(app.id, 'main')).toBe(commit);
});

/** What git leaves in a repository when it is killed, as by a power cut. */
describe('a lock that nobody holds any more', () => {
  let appId: string;
  let path: string;
  let commit: string;

  beforeEach(async () => {
    const app = await server.app('shop');
    appId = app.id;
    path = server.context.repositories.path(appId);
    commit = await server.commit(app, { a: 'b' });
    await server.context.repositories.keepBuild(appId, 'build00000000', commit);
    await must('git', ['--git-dir', path, 'pack-refs', '--all']);
  });

  async function leave(name: string, minutes: number, text = ''): Promise<void> {
    const made = new Date(Date.now() - minutes * 60_000);
    await writeFile(join(path, name), text);
    await utimes(join(path, name), made, made);
  }

  test.each(['HEAD.lock', 'refs/heads/main.lock'])('%s keeps no branch from moving', async (name) => {
    await leave(name, 2);
    await server.context.repositories.moveBranch(appId, 'main', commit);
    expect(await server.context.repositories.branch(appId, 'main')).toBe(commit);
  });

  test('packed-refs.lock keeps no commit from being let go, one or many', async () => {
    const { repositories } = server.context;
    await leave('packed-refs.lock', 2);
    await repositories.dropBuild(appId, 'build00000000');
    await repositories.keepBuild(appId, 'build00000001', commit);
    await must('git', ['--git-dir', path, 'pack-refs', '--all']);
    await leave('packed-refs.lock', 2);
    await repositories.dropBuilds(appId, ['build00000001']);
    expect(await repositories.keptBuilds(appId)).toEqual([]);
  });

  test.each([
    ['another process has its number', `1 ${hostname()}`],
    ['another machine', '1 another-container'],
  ])("a collector's pid file keeps no other from collecting: %s", async (_which, text) => {
    await leave('gc.pid', 2, text);
    await server.context.repositories.shrink(appId, 0);
    await expect(stat(join(path, 'gc.pid'))).rejects.toThrow(/ENOENT/);
  });

  test('whoever sweeps takes away those that stand in no way of ours', async () => {
    const names = ['shallow.lock', 'config.lock', 'objects/info/commit-graph.lock', 'refs/tags/v1.lock'];
    await mkdir(join(path, 'objects/info'), { recursive: true });
    await mkdir(join(path, 'refs/tags'), { recursive: true });
    for (const name of names) await leave(name, 2);
    expect(await server.context.repositories.unlock(appId)).toBe(true);
    expect(await server.context.repositories.unlock(appId)).toBe(false);
    for (const name of names) await expect(stat(join(path, name))).rejects.toThrow(/ENOENT/);
  });

  test('one that may be held is respected', async () => {
    await leave('HEAD.lock', 0);
    await expect(server.context.repositories.moveBranch(appId, 'main', commit)).rejects.toThrow(/HEAD\.lock/);
    await stat(join(path, 'HEAD.lock'));
  });
});
