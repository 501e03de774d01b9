import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RouteName } from '../../../core/contracts/routes.ts';
import { wanted } from '../../../cli/completion/wanted.ts';
import { commandNames, registry } from '../../../cli/registry.ts';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import {
  app,
  build,
  delivery,
  hook,
  hookDelivery,
  key,
  notification,
  release,
  token,
  web,
} from '../../support/cli/samples.ts';

const command = async (name: string) => {
  const loaded = await registry[name]?.();
  if (loaded === undefined) throw new Error(`${name} is not registered`);
  return loaded.command;
};

describe('what may stand at the cursor', () => {
  test.each([
    ['', { kind: 'commands' }],
    ['app', { kind: 'commands' }],
    ['help conf', { kind: 'commands' }],
    ['-a ', { kind: 'names', of: 'apps' }],
    ['builds --app he', { kind: 'names', of: 'apps' }],
    ['builds --host s', { kind: 'nothing' }],
    ['rollback ', { kind: 'names', of: 'releases' }],
    ['-a hello rollback v', { kind: 'names', of: 'releases' }],
    ['releases info v', { kind: 'names', of: 'releases' }],
    ['logs -r ', { kind: 'names', of: 'releases' }],
    ['logs --process w', { kind: 'names', of: 'processes' }],
    ['logs -n 1', { kind: 'nothing' }],
    ['builds:show 4', { kind: 'names', of: 'builds' }],
    ['builds:show 41 ', { kind: 'nothing' }],
    ['ps:scale web=1 w', { kind: 'names', of: 'processes' }],
    ['config:get A', { kind: 'names', of: 'config-keys' }],
    ['config:unset A ', { kind: 'names', of: 'variables' }],
    ['secrets:set A', { kind: 'names', of: 'secrets' }],
    ['secrets:unset A ', { kind: 'names', of: 'secrets' }],
    ['secrets:rotate ', { kind: 'names', of: 'secrets' }],
    ['secrets:rotate A --from-file ', { kind: 'files' }],
    ['releases:diff ', { kind: 'names', of: 'releases' }],
    ['releases:diff v3 ', { kind: 'names', of: 'releases' }],
    ['builds:create --commit ', { kind: 'names', of: 'commits' }],
    ['hooks:info ', { kind: 'names', of: 'hooks' }],
    ['hooks:rotate g', { kind: 'names', of: 'hooks' }],
    ['hooks:deliveries ', { kind: 'names', of: 'hooks' }],
    ['hooks:redeliver ', { kind: 'names', of: 'deliveries' }],
    [
      'hooks:create --from ',
      { kind: 'words', words: [{ word: 'github' }, { word: 'gitlab' }, { word: 'generic' }] },
    ],
    [
      'repository:link x --provider ',
      { kind: 'words', words: [{ word: 'github' }, { word: 'gitlab' }, { word: 'gitea' }] },
    ],
    ['repository:link x --branch ', { kind: 'nothing' }],
    [
      'tokens:create --role ',
      { kind: 'words', words: [{ word: 'viewer' }, { word: 'deployer' }, { word: 'owner' }] },
    ],
    [
      'init --language ',
      { kind: 'words', words: [{ word: 'node' }, { word: 'python' }, { word: 'static' }] },
    ],
    ['notify:test ', { kind: 'names', of: 'notifications' }],
    ['notify:redeliver ', { kind: 'names', of: 'notification-deliveries' }],
    ['tokens:revoke ', { kind: 'names', of: 'tokens' }],
    ['keys:remove SHA', { kind: 'names', of: 'keys' }],
    ['deploy-keys:remove ', { kind: 'names', of: 'deploy-keys' }],
    ['users:remove bob --hand-over-to ', { kind: 'names', of: 'accounts' }],
    ['audit --person ', { kind: 'names', of: 'accounts' }],
    ['access:add b', { kind: 'names', of: 'everybody' }],
    ['apps:destroy h', { kind: 'names', of: 'apps' }],
    ['apps:create h', { kind: 'nothing' }],
    [
      'access:add bob ',
      { kind: 'words', words: [{ word: 'viewer' }, { word: 'deployer' }, { word: 'owner' }] },
    ],
    ['access:remove ', { kind: 'names', of: 'members' }],
    ['domains:remove ', { kind: 'names', of: 'hosts' }],
    ['keys:add ~/.ss', { kind: 'files' }],
    ['run ls ', { kind: 'files' }],
    ['nonsense ', { kind: 'nothing' }],
  ])('%j', async (line, expected) => {
    const words = line.split(' ');
    expect(await wanted(words.slice(0, -1), words.at(-1) ?? '', commandNames, command)).toEqual(expected);
  });

  test('options are those of the command and of all', async () => {
    const found = await wanted(['builds:create'], '--', commandNames, command);
    const words = found.kind === 'words' ? found.words.map(({ word }) => word) : [];
    expect(words).toEqual(
      expect.arrayContaining(['--commit', '--no-cache', '--now', '--detach', '--app', '--json']),
    );
  });
});

describe('names from the platform', () => {
  let api: FakeApi;
  let folder: string;
  beforeEach(async () => {
    api = await FakeApi.start();
    folder = await mkdtemp(join(tmpdir(), 'sluice-names-'));
  });
  afterEach(async () => {
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const complete = (...words: string[]) =>
    invoke(['__complete', ...words], { settings: { dataDir: api.dataDir, cacheFolder: folder } });

  test('with what a person knows them by', async () => {
    api
      .on('listApps', () => ({ items: [app] }))
      .on('listReleases', () => ({ items: [release] }))
      .on('listBuilds', () => ({ items: [build] }))
      .on('listProcesses', () => ({ processes: [web] }));
    expect((await complete('builds', '-a', '')).stdout).toBe('hello\tv12\n');
    expect((await complete('-a', 'hello', 'rollback', '')).stdout).toBe('v12\tDeploy 1a2b3c4d (live)\n');
    expect((await complete('-a', 'hello', 'builds:show', '4')).stdout).toBe('41\t1a2b3c4d succeeded\n');
    expect((await complete('-a', 'hello', 'ps:scale', 'w')).stdout).toBe('web\tnode server.js\n');
  });

  test.each<[string, Partial<Record<RouteName, unknown>>, string]>([
    ['hooks:info ', { listHooks: { items: [hook] } }, 'github\tgithub main\n'],
    [
      'hooks:redeliver d',
      { listDeliveries: { items: [hookDelivery] } },
      'delivery0001\tpush done 2026-11-21T09:59:00.000Z\n',
    ],
    [
      'notify:test ',
      { listNotifications: { items: [notification] } },
      `${notification.id}\t${new URL(notification.url).host}\n`,
    ],
    [
      'notify:redeliver ',
      { listNotificationDeliveries: { items: [delivery] } },
      `${delivery.id}\t${delivery.type} ${delivery.state} ${delivery.createdAt}\n`,
    ],
    [
      'builds:create --commit ',
      { listBuilds: { items: [{ ...build, number: 42 }, build] } },
      `${build.commit}\tbuild 42 succeeded\n`,
    ],
    [
      'config:unset ',
      { getConfig: { version: 3, values: { LOG: 'x' }, secrets: ['KEY'] } },
      'LOG\t\nKEY\tsecret\n',
    ],
    [
      'secrets:rotate ',
      { listSecrets: { version: 3, items: [{ name: 'KEY', kinds: ['env'], olderIn: [] }] } },
      'KEY\tenv\n',
    ],
    ['tokens:revoke ', { listTokens: { items: [token] } }, `${token.name}\t${token.person}\n`],
    ['keys:remove SHA', { listKeys: { items: [key] } }, `${key.fingerprint}\talice ${key.comment}\n`],
    [
      'deploy-keys:remove ',
      { listDeployKeys: { items: [{ ...key, person: undefined, name: 'ci' }] } },
      `ci\t${key.fingerprint}\n`,
    ],
    [
      'access:add ',
      {
        listPeople: new Refused(403, 'forbidden', 'admins'),
        listMembers: { items: [{ person: 'bob', role: 'viewer' }] },
      },
      'bob\tviewer\n',
    ],
  ])('sluice %s', async (line, answers, expected) => {
    for (const [route, answer] of Object.entries(answers)) api.on(route as RouteName, () => answer);
    expect((await complete('-a', 'hello', ...line.split(' '))).stdout).toBe(expected);
  });

  test('are asked once for several looks, and kept for this person alone; no value of the config is', async () => {
    api.on('getConfig', () => ({ version: 3, values: { PASSWORD: 'hush' } }));
    for (let look = 0; look < 2; look += 1) {
      expect((await complete('-a', 'hello', 'config:get', 'P')).stdout).toBe('PASSWORD\t\n');
    }
    expect(api.asked).toHaveLength(1);
    const [file = ''] = await readdir(join(folder, 'completion'));
    const path = join(folder, 'completion', file);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).not.toContain('hush');
  });

  test('a platform that does not answer costs a moment, and says nothing', async () => {
    api.on('listApps', (_, response) => response.flushHeaders());
    const began = performance.now();
    expect(await complete('builds', '-a', '')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('without a platform, or an app, there is nothing to offer and nothing to complain of', async () => {
    expect(await invoke(['__complete', 'rollback', ''])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test("another's names cannot steer the terminal", async () => {
    api.on('listReleases', () => ({ items: [{ ...release, description: 'a\u001b[2J\nb' }] }));
    expect((await complete('-a', 'x', 'rollback', '')).stdout).toBe('v12\ta\\nb (live)\n');
  });
});
