import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { locate, locateApp } from '../../../cli/platform/locate.ts';
import { remoteUrl, setRemote } from '../../../cli/platform/folder.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { NO_SETTINGS, invoke } from '../../support/cli/invoke.ts';
import { app } from '../../support/cli/samples.ts';

const exec = promisify(execFile);
const URL_OF_HELLO = 'ssh://sluice@paas:2222/hello.git';
let root: string;
let repository: string;

beforeEach(async () => {
  root = await realpath(await mkdtemp(join(tmpdir(), 'sluice-folder-')));
  repository = join(root, 'repository');
  await git(root, 'init', '-q', '-b', 'main', repository);
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    cwd: folder,
  });
  return stdout.trim();
}

test('the app is the one of the platform remote, from any folder below', async () => {
  await git(repository, 'remote', 'add', 'origin', 'https://example.com/other.git');
  await git(repository, 'remote', 'add', 'platform', URL_OF_HELLO);
  const below = join(repository, 'a', 'b');
  await mkdir(below, { recursive: true });
  expect(await locateApp(undefined, below)).toBe('hello');
  expect(await locateApp('other', below)).toBe('other');
});

test('in a worktree', async () => {
  await git(repository, 'remote', 'add', 'platform', URL_OF_HELLO);
  await git(repository, 'commit', '-q', '--allow-empty', '-m', 'one');
  const worktree = join(root, 'worktree');
  await git(repository, 'worktree', 'add', '-q', worktree);
  expect(await locateApp(undefined, worktree)).toBe('hello');
});

test('in an included file', async () => {
  await writeFile(join(root, 'included'), `[remote "platform"]\n\turl = ${URL_OF_HELLO}\n`);
  await git(repository, 'config', 'include.path', join(root, 'included'));
  expect(await locateApp(undefined, repository)).toBe('hello');
});

test('by an alias of insteadOf', async () => {
  await git(repository, 'remote', 'add', 'platform', 'paas:hello.git');
  await git(repository, 'config', 'url.ssh://sluice@10.0.0.1:2222/.insteadOf', 'paas:');
  expect(await remoteUrl(repository)).toBe('ssh://sluice@10.0.0.1:2222/hello.git');
});

test.each(['none', 'https://github.com/a/b.git', 'ssh://-oProxyCommand=touch/x'])(
  'a platform remote of %s names no app: misuse',
  async (url) => {
    if (url !== 'none') await git(repository, 'remote', 'add', 'platform', url);
    await expect(locateApp(undefined, repository)).rejects.toMatchObject({ exit: 2 });
  },
);

test('the platform: command line, environment, folder, what setup saved; in this order', async () => {
  const configFile = join(root, 'config.json');
  await writeFile(configFile, '{"host":"ssh://sluice@saved"}');
  await git(repository, 'remote', 'add', 'platform', URL_OF_HELLO);
  const all = { ...NO_SETTINGS, url: 'https://url', host: 'ssh://environment', dataDir: '/data', configFile };
  const nothing = { host: undefined, local: false };
  const from = async (...args: Parameters<typeof locate>) => (await locate(...args)).from;
  expect(await from({ host: 'flag', local: false }, all, repository)).toBe('--host');
  expect(await from({ host: undefined, local: true }, all, repository)).toBe('--local');
  expect(await from(nothing, all, repository)).toBe('SLUICE_URL');
  expect(await from(nothing, { ...all, url: undefined }, repository)).toBe('SLUICE_HOST');
  expect(await from(nothing, { ...all, url: undefined, host: undefined }, repository)).toBe(
    'SLUICE_DATA_DIR',
  );
  const bare = { ...NO_SETTINGS, configFile };
  expect(await locate(nothing, bare, repository)).toEqual({
    kind: 'ssh',
    user: 'sluice',
    host: 'paas',
    port: 2222,
    from: 'the platform remote of this folder',
  });
  expect(await locate(nothing, bare, root)).toMatchObject({ host: 'saved', from: configFile });
  await expect(locate(nothing, NO_SETTINGS, root)).rejects.toMatchObject({ exit: 3 });
  await expect(locate({ host: 'x', local: true }, all, root)).rejects.toMatchObject({ exit: 2 });
});

test('a config file that setup did not write is named', async () => {
  const configFile = join(root, 'config.json');
  await writeFile(configFile, '{');
  await expect(
    locate({ host: undefined, local: false }, { ...NO_SETTINGS, configFile }, root),
  ).rejects.toMatchObject({
    exit: 1,
    message: `${configFile} does not name a platform`,
  });
});

test('setting the remote adds it, then changes it', async () => {
  expect(await setRemote(repository, URL_OF_HELLO)).toBe('added');
  expect(await setRemote(repository, 'ssh://sluice@paas/other.git')).toBe('changed');
  expect(await git(repository, 'remote', 'get-url', 'platform')).toBe('ssh://sluice@paas/other.git');
});

test('apps:create in a repository adds the remote and says so; git:remote points it elsewhere', async () => {
  const api = await FakeApi.start();
  api.on('createApp', () => app).on('getApp', () => ({ ...app, gitUrl: 'ssh://sluice@paas/second.git' }));
  const options = { settings: { dataDir: api.dataDir }, folder: repository };
  const made = await invoke(['apps:create', 'hello'], options);
  expect(made.stdout).toContain(
    '       The git remote "platform" is added: ssh://sluice@127.0.0.1:2222/hello.git\n',
  );
  expect(await git(repository, 'remote', 'get-url', 'platform')).toBe(app.gitUrl);
  const changed = await invoke(['git:remote', '-a', 'second'], options);
  expect(changed.stdout).toContain(
    '=====> The git remote "platform" is changed: ssh://sluice@paas/second.git\n',
  );
  const nowhere = await invoke(['git:remote', '-a', 'second'], { ...options, folder: root });
  expect(nowhere).toMatchObject({
    code: 2,
    stderr: ' !     this folder is in no git repository\n !     Type: git init\n',
  });
  await api.stop();
});
