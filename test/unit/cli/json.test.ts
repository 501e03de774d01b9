import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import * as resources from '../../../core/contracts/resources.ts';
import type { RouteName } from '../../../core/contracts/routes.ts';
import { registry } from '../../../cli/registry.ts';
import { FakeApi, Refused } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import {
  app,
  build,
  canary,
  canaryDetail,
  configRelease,
  key,
  promoted,
  release,
  releaseDetail,
  status,
  takenBack,
  web,
} from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const live = { ...releaseDetail, number: 13 };
const rows: [argv: string, answers: Partial<Record<RouteName, unknown>>, shape: z.ZodType][] = [
  ['apps', { listApps: { items: [app] } }, z.array(resources.App).length(1)],
  ['apps:create hello', { createApp: app }, resources.App],
  ['apps:info', { getApp: app }, resources.App],
  [
    'apps:destroy hello --confirm hello',
    { getApp: app, destroyApp: undefined },
    z.object({ destroyed: z.string() }),
  ],
  [
    'config',
    { getConfig: { version: 3, values: { A: 'b' } } },
    z.object({ version: z.literal(3), values: z.object({ A: z.literal('b') }) }),
  ],
  ['config:get A', { getConfig: { version: 3, values: { A: 'b' } } }, z.object({ A: z.literal('b') })],
  [
    'config:set A=b',
    {
      setConfig: { version: 4, release: configRelease },
      getRollout: promoted,
      getRelease: live,
      getApp: app,
    },
    z.object({ version: z.int(), release: resources.ReleaseDetail }),
  ],
  ['config:set A=b', { setConfig: { version: 1 } }, z.strictObject({ version: z.int() })],
  [
    'config:unset A --detach',
    { setConfig: { version: 4, release: configRelease } },
    z.object({ version: z.int(), release: resources.Release }),
  ],
  ['builds', { listBuilds: { items: [build] } }, z.array(resources.Build).length(1)],
  ['builds:create', { createBuild: build }, resources.Build],
  ['builds:show 41', { getBuild: build }, resources.Build],
  ['builds:cancel 41', { cancelBuild: build }, resources.Build],
  ['releases', { listReleases: { items: [release] } }, z.array(resources.Release).length(1)],
  ['releases:info 12', { getRelease: releaseDetail, getRollout: promoted }, resources.ReleaseDetail],
  ['rollouts', { listRollouts: { items: [canary] } }, z.array(resources.Rollout).length(1)],
  ['rollouts:show', { listRollouts: { items: [canary] }, getRollout: canaryDetail }, resources.RolloutDetail],
  ['rollouts:pause v13', { pauseRollout: canary }, resources.Rollout],
  ['rollouts:resume v13', { resumeRollout: canary }, resources.Rollout],
  ['rollouts:promote v13', { promoteRollout: canary }, resources.Rollout],
  ['rollouts:abort', { listRollouts: { items: [canary] }, abortRollout: canary }, resources.Rollout],
  [
    'rollback',
    { rollback: configRelease, getRollout: promoted, getRelease: live, getApp: app },
    resources.ReleaseDetail,
  ],
  ['rollback --detach', { rollback: configRelease, getApp: app }, resources.Release],
  ['ps', { listProcesses: { processes: [web] } }, z.array(resources.Process).length(1)],
  ['ps:scale web=1', { scale: { processes: [web] } }, z.array(resources.Process).length(1)],
  ['ps:restart', { restart: undefined }, z.object({ app: z.string(), restarting: z.literal('all') })],
  [
    'domains',
    { listDomains: { items: [{ host: 'a.b', kind: 'custom' }] } },
    z.array(resources.Domain).length(1),
  ],
  ['domains:add a.b', { addDomain: { host: 'a.b', kind: 'custom' } }, resources.Domain],
  ['domains:remove a.b', { removeDomain: undefined }, z.object({ removed: z.literal('a.b') })],
  ['keys', { listKeys: { items: [key] } }, z.array(resources.Key).length(1)],
  ['keys:remove k', { removeKey: undefined }, z.object({ removed: z.literal('k') })],
  [
    'access',
    { listMembers: { items: [{ person: 'bob', role: 'owner' }] } },
    z.array(resources.Member).length(1),
  ],
  ['access:add bob owner', { setMember: { person: 'bob', role: 'owner' } }, resources.Member],
  ['access:remove bob', { removeMember: undefined }, z.object({ removed: z.literal('bob') })],
  ['open', { getApp: app }, z.strictObject({ url: z.url() })],
  ['status', { status }, resources.Status],
  [
    'doctor',
    { doctor: { checks: [{ name: 'redis', ok: true, message: '' }] } },
    z.object({ checks: z.array(resources.Check).min(2) }),
  ],
];

test.each(rows)('sluice %s --json is one document of the contract', async (argv, answers, shape) => {
  for (const [route, answer] of Object.entries(answers)) api.on(route as RouteName, () => answer);
  const { code, stdout, stderr } = await invoke([...argv.split(' '), '--json', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(shape.safeParse(JSON.parse(stdout)).error).toBeUndefined();
  const declared = await declaredShape(argv.split(' ')[0] ?? '');
  expect(declared?.safeParse(JSON.parse(stdout)).error).toBeUndefined();
});

/** What docs/cli.md says that a command prints, as far as it is a resource or a list of them. */
async function declaredShape(name: string): Promise<z.ZodType | undefined> {
  const json = (await registry[name]?.())?.command.json ?? '';
  const [, resource = '', list] = /^([A-Z]\w+)(\[\])?$/.exec(json) ?? [];
  const schema = (resources as Record<string, unknown>)[resource];
  if (!(schema instanceof z.ZodType)) return undefined;
  return list === undefined ? schema : z.array(schema);
}

test('logs --json is a LogEntry a line', async () => {
  const entry = { at: '2026-11-21T09:00:00.000Z', release: 12, source: 'web.1', text: 'hi' };
  api.on('logs', (_, response) => void response.end(`${JSON.stringify(entry)}\n`));
  const { stdout } = await invoke(['logs', '--json', '-a', 'hello'], { settings: { dataDir: api.dataDir } });
  expect(JSON.parse(stdout)).toEqual(entry);
});

test('a list without anything is [], and nothing else is said', async () => {
  api.on('listRollouts', () => ({ items: [] }));
  const { stdout, stderr } = await invoke(['rollouts', '--json', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
  });
  expect(JSON.parse(stdout)).toEqual([]);
  expect(stderr).toBe('');
});

test('builds:log --json is a line an object, and with -f the verdict is the last', async () => {
  api
    .on('getBuildLog', (_, response) => void response.end('one\ntwo'))
    .on('getBuild', () => build)
    .on('getRelease', () => releaseDetail)
    .on('getApp', () => app);
  const { stdout } = await invoke(['builds:log', '41', '-f', '--json', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect(lines).toEqual([{ line: 'one' }, { line: 'two' }, { build, release: releaseDetail }]);
});

test('rollouts:show -f --json is a line of the story an object, and the rollout at its end is the last', async () => {
  let looks = 0;
  api.on('getRollout', () => (looks++ === 0 ? canaryDetail : promoted)).on('getApp', () => app);
  const { code, stdout, stderr } = await invoke(['rollouts:show', 'v13', '-f', '--json', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
  });
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  expect({ code, stderr, lines }).toEqual({ code: 0, stderr: '', lines: [...promoted.events, promoted] });
});

test('a refusal under --json is its reason on stderr, and nothing on stdout', async () => {
  api.on(
    'getApp',
    () => new Refused(404, 'app_unknown', 'there is no app "x"', 'Type: sluice apps', ['seen: 3']),
  );
  const outcome = await invoke(['apps:info', '--json', '-a', 'x'], { settings: { dataDir: api.dataDir } });
  expect({ ...outcome, stderr: JSON.parse(outcome.stderr) as unknown }).toEqual({
    code: 1,
    stdout: '',
    stderr: {
      error: {
        code: 'app_unknown',
        message: 'there is no app "x"',
        hint: 'Type: sluice apps',
        detail: ['seen: 3'],
      },
    },
  });
});

test('a release that does not become live: its JSON on stdout, its reason on stderr, exit 1', async () => {
  const reason = { code: 'health_check_failed', message: 'no answer' };
  api
    .on('rollback', () => configRelease)
    .on('getRollout', () => ({ ...takenBack, reason }))
    .on('getRelease', () => ({ ...live, state: 'failed', live: false, reason }))
    .on('getApp', () => app);
  const { code, stdout, stderr } = await invoke(['rollback', '--json', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
  });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ state: 'failed', number: 13 });
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'health_check_failed' } });
});
