import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
});
