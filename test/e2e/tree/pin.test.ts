import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { git } from '../../../server/tree/git.ts';
import { runFetch } from '../../../server/tree/submodules/fetch-process.ts';
import { startGitHttpServer } from './git-http-server.ts';
import { TestRepository } from './repository.ts';

const env = { PATH: '/usr/bin:/bin' };

test('git asks the address that was checked, whatever the name resolves to', async () => {
  using lib = new TestRepository();
  using into = new TestRepository();
  const commit = lib.commit({ a: 'a' });
  const root = mkdtempSync(join(tmpdir(), 'sluice-pin-'));
  symlinkSync(lib.path, join(root, 'lib.git'));
  try {
    await using server = await startGitHttpServer(root);
    const { port } = new URL(server.origin);
    const target = {
      repository: into.path,
      // A name that nothing resolves: without the pin, the fetch cannot work.
      url: `http://pinned.invalid:${port}/lib.git`,
      limits: { seconds: 60, bytes: 1e9 },
      deadline: performance.now() + 60_000,
      env,
    };
    const refspec = `${commit}:refs/sluice/${commit}`;
    const unpinned = await runFetch({ ...target, pin: [] }, ['--depth=1'], refspec);
    expect(unpinned?.stderr).toContain('Could not resolve host');
    const pin = ['-c', `http.curloptResolve=pinned.invalid:${port}:127.0.0.1`];
    expect(await runFetch({ ...target, pin }, ['--depth=1'], refspec)).toBeUndefined();
    expect(String(await git(into.path, ['cat-file', '-t', commit], env, 100))).toBe('commit\n');
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
