import { expect, test } from 'vitest';
import { readManifest } from '../../../core/manifest/read.ts';
import { readFileAt } from '../../../server/tree/read-file-at.ts';
import { TestRepository } from './repository.ts';

const env = { PATH: '/usr/bin:/bin' };

test('files are read by one process, in any order, also side by side', async () => {
  using repository = new TestRepository();
  const commit = repository.commit({
    Dockerfile: 'FROM busybox\n',
    empty: '',
    'docker/production file': 'FROM a\n',
    link: { mode: '120000', content: 'docker/production file' },
    outside: { mode: '120000', content: '../../etc/passwd' },
    absolute: { mode: '120000', content: '/etc/passwd' },
    dangling: { mode: '120000', content: 'nothing' },
    loop: { mode: '120000', content: 'loop' },
    'big file': 'x'.repeat(3 * 1024 * 1024),
  });
  const files = readFileAt(repository.path, commit, env);
  try {
    const paths = [
      'nothing',
      'Dockerfile',
      'docker',
      'outside',
      'empty',
      'absolute',
      'loop',
      'dangling',
      'link',
      'Dockerfile/x',
      'a\nb',
      '-x',
      'docker/production file',
    ];
    expect(await Promise.all(paths.map((path) => files.readFile(path)))).toEqual([
      undefined,
      'FROM busybox\n',
      undefined,
      undefined,
      '',
      undefined,
      undefined,
      undefined,
      'FROM a\n',
      undefined,
      undefined,
      undefined,
      'FROM a\n',
    ]);
    expect(await files.readFile('big file')).toHaveLength(2 * 1024 * 1024);
    expect(await files.readFile('Dockerfile')).toBe('FROM busybox\n');
  } finally {
    files.close();
  }
});

test('a manifest is read from a commit', async () => {
  using repository = new TestRepository();
  const commit = repository.commit({
    Dockerfile: 'FROM a AS test\nFROM a\n',
    'sluice.yaml': 'scale: {web: 3}\n',
    Procfile: 'web: x\n',
  });
  const files = readFileAt(repository.path, commit, env);
  const { manifest } = await readManifest(files.readFile);
  files.close();
  expect(manifest).toMatchObject({
    test: { target: 'test' },
    scale: { web: 3 },
    processes: { web: { command: 'x' } },
  });
});

test('a repository that is gone is an error, not a missing file', async () => {
  const files = readFileAt('/nonexistent/repository', 'ab'.repeat(20), env);
  await expect(files.readFile('Dockerfile')).rejects.toThrow(/not a git repository/);
  files.close();
});
