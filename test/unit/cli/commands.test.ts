import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RouteName } from '../../../core/contracts/routes.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import {
  COMMIT,
  app,
  build,
  configRelease,
  failedBuild,
  key,
  promoted,
  release,
  releaseDetail,
  status,
  takenBack,
  web,
  worker,
} from '../../support/cli/samples.ts';

let api: FakeApi;
let folder: string;
const PUBLIC_KEY = `ssh-ed25519 ${'A'.repeat(68)} alice@laptop`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  await writeFile(join(folder, 'id.pub'), `${PUBLIC_KEY}\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

interface Row {
  readonly argv: string;
  readonly answers: Partial<Record<RouteName, unknown>>;
  /** Route, path parameters and query, body; in the order in which they are asked. */
  readonly asks: readonly unknown[];
  /** Lines into a pipe. */
  readonly prints: readonly string[];
  readonly stderr?: readonly string[];
  readonly code?: number;
}

const hello = { app: 'hello' };
const UNDO = '       Undo: sluice rollback -a hello';
const MADE = '2026-11-21T09:56:00.000Z';

const rows: Row[] = [
  {
    argv: 'apps',
    answers: { listApps: { items: [app] } },
    asks: [['listApps', { limit: '100' }]],
    prints: ['hello\tv12\t2026-11-21T09:57:00.000Z\towner\thttp://hello.localhost:8000'],
  },
  {
    argv: 'apps:create hello',
    answers: { createApp: app },
    asks: [['createApp', {}, { name: 'hello' }]],
    prints: [
      '=====> hello is made: http://hello.localhost:8000',
      '       In its git repository: git remote add platform ssh://sluice@127.0.0.1:2222/hello.git',
      '       Deploy: git push platform main',
    ],
  },
  {
    argv: 'apps:info -a hello',
    answers: { getApp: app },
    asks: [['getApp', hello]],
    prints: [
      'Name\thello',
      'URL\thttp://hello.localhost:8000',
      'Live\tv12',
      `Commit\t${COMMIT}`,
      'Since\t2026-11-21T09:57:00.000Z',
      'Domains\thello.localhost, www.example.com',
      'Git\tssh://sluice@127.0.0.1:2222/hello.git',
      'Deploy branch\tmain',
      'Made\t2026-11-20T10:00:00.000Z by alice',
      'Your role\towner',
      'Id\tapp000000001',
    ],
  },
  {
    argv: 'apps:destroy hello --confirm hello',
    answers: { getApp: app },
    asks: [
      ['getApp', hello],
      ['destroyApp', { app: 'app000000001' }, { confirm: 'hello' }],
    ],
    prints: ['=====> hello is destroyed'],
  },
  {
    argv: 'apps:destroy hello --confirm helo',
    answers: { getApp: app },
    asks: [['getApp', hello]],
    prints: [],
    stderr: [' !     that is not "hello": nothing was destroyed'],
    code: 1,
  },
  {
    argv: 'apps:destroy hello',
    answers: { getApp: app },
    asks: [['getApp', hello]],
    prints: [],
    stderr: [
      ' !     destroying an app asks for its name',
      ' !     Without a terminal: sluice apps:destroy hello --confirm hello',
    ],
    code: 2,
  },
  {
    argv: 'config -a hello',
    answers: { getConfig: { version: 3, values: { B: 'two words', A: '1\t2\n3' } } },
    asks: [['getConfig', hello]],
    prints: [String.raw`A${'\t'}1\t2\n3`, 'B\ttwo words'],
  },
  {
    argv: 'config --shell -a hello',
    answers: { getConfig: { version: 3, values: { B: 'two words', A: '1' } } },
    asks: [['getConfig', hello]],
    prints: ['A=1', "B='two words'"],
  },
  {
    argv: 'config:get B -a hello',
    answers: { getConfig: { version: 3, values: { B: 'two\nlines' } } },
    asks: [['getConfig', hello]],
    prints: ['two', 'lines'],
  },
  {
    argv: 'config:get NOPE -a hello',
    answers: { getConfig: { version: 3, values: {} } },
    asks: [['getConfig', hello]],
    prints: [],
    stderr: [' !     NOPE is not set', ' !     Type: sluice config -a hello'],
    code: 1,
  },
  {
    argv: 'config:set LOG_LEVEL=a=b EMPTY= -a hello',
    answers: {
      setConfig: { version: 4, release: configRelease },
      getRollout: promoted,
      getApp: app,
    },
    asks: [
      ['setConfig', hello, { values: { LOG_LEVEL: 'a=b', EMPTY: '' }, now: false }],
      ['getRollout', { app: 'hello', number: '13' }],
      ['getApp', hello],
    ],
    prints: [
      '=====> Set LOG_LEVEL, EMPTY on hello (config version 4)',
      '=====> v13 is live: http://hello.localhost:8000',
      UNDO,
    ],
    stderr: [
      '-----> v13: Set LOG_LEVEL',
      '-----> Release v13: starting 1 web',
      '-----> Canary step 1 of 3: 5 % of requests go to v13',
      '       alice paused it at step 1 of 3',
      '       passed: none of 120 requests failed on v13',
      '-----> Canary step 2 of 3: 25 % of requests go to v13',
      '-----> Promoting v13: it gets all requests',
    ],
  },
  {
    argv: 'config:set A=b --detach -a hello',
    answers: { setConfig: { version: 4, release: configRelease } },
    asks: [['setConfig', hello, { values: { A: 'b' }, now: false }]],
    prints: [
      '=====> Set A on hello (config version 4)',
      '=====> v13 is on its way: Set LOG_LEVEL',
      '       See: sluice rollouts:show v13 -f -a hello',
      '       Undo: sluice rollouts:abort v13 -a hello',
    ],
  },
  {
    argv: 'config:set A=b -a hello',
    answers: { setConfig: { version: 1 } },
    asks: [['setConfig', hello, { values: { A: 'b' }, now: false }]],
    prints: ['=====> Set A on hello (config version 1)', '       No release yet: the next one takes it'],
  },
  {
    argv: 'config:set A=b -a hello',
    answers: {
      setConfig: { version: 4, release: configRelease },
      getRollout: {
        ...takenBack,
        state: 'failed',
        events: [],
        reason: {
          code: 'health_check_failed',
          message: 'web did not answer',
          hint: 'sluice logs',
          detail: ['exit 1'],
        },
      },
      getApp: app,
    },
    asks: [
      ['setConfig', hello, { values: { A: 'b' }, now: false }],
      ['getRollout', { app: 'hello', number: '13' }],
      ['getApp', hello],
    ],
    prints: ['=====> Set A on hello (config version 4)'],
    stderr: [
      '-----> v13: Set LOG_LEVEL',
      ' !     v13 failed: web did not answer',
      ' !       exit 1',
      ' !       v12 is live',
      ' !     sluice logs',
    ],
    code: 1,
  },
  {
    argv: 'config:set A=b -a hello',
    answers: { setConfig: { version: 4, release: configRelease }, getRollout: takenBack, getApp: app },
    asks: [
      ['setConfig', hello, { values: { A: 'b' }, now: false }],
      ['getRollout', { app: 'hello', number: '13' }],
      ['getApp', hello],
    ],
    prints: ['=====> Set A on hello (config version 4)'],
    stderr: [
      '-----> v13: Set LOG_LEVEL',
      '-----> Release v13: starting 1 web',
      '-----> Canary step 1 of 3: 5 % of requests go to v13',
      '       alice paused it at step 1 of 3',
      '       passed: none of 120 requests failed on v13',
      '-----> Canary step 2 of 3: 25 % of requests go to v13',
      ' !     v13 was rolled back: v13 is taken back from 25 % of requests: 33 % failed on v13',
      ' !       v12 is live',
      ' !     its numbers: sluice rollouts:show v13 -a hello',
    ],
    code: 1,
  },
  {
    argv: 'config:unset A B --now -a hello',
    answers: { setConfig: { version: 5 } },
    asks: [['setConfig', hello, { values: { A: null, B: null }, now: true }]],
    prints: [
      '=====> Removed A, B on hello (config version 5)',
      '       No release yet: the next one takes it',
    ],
  },
  {
    argv: 'builds -a hello',
    answers: { listBuilds: { items: [failedBuild, build] } },
    asks: [['listBuilds', { app: 'hello', limit: '20' }]],
    prints: [
      `42\tfailed\t1a2b3c4d\t-\talice\t${MADE}\t4.2s\ttests failed`,
      `41\tsucceeded\t1a2b3c4d\tv12\talice\t${MADE}\t4.2s\t`,
    ],
  },
  {
    argv: 'builds:create --no-cache --detach -a hello',
    answers: { createBuild: { ...build, number: 43, state: 'queued' } },
    asks: [['createBuild', hello, { noCache: true, now: false }]],
    prints: ['=====> Build 43 of 1a2b3c4d is queued', '       Follow: sluice builds:log 43 -f -a hello'],
  },
  {
    argv: `builds:create --now --commit ${COMMIT} --detach -a hello`,
    answers: { createBuild: { ...build, number: 43, state: 'queued' } },
    asks: [['createBuild', hello, { noCache: false, now: true, commit: COMMIT }]],
    prints: ['=====> Build 43 of 1a2b3c4d is queued', '       Follow: sluice builds:log 43 -f -a hello'],
  },
  {
    argv: 'builds:show #42 -a hello',
    answers: { getBuild: failedBuild },
    asks: [['getBuild', { app: 'hello', number: '42' }]],
    prints: [
      'Build\t42',
      'State\tfailed',
      `Commit\t${COMMIT}`,
      'Branch\tmain',
      'By\talice (push)',
      `Made\t${MADE}`,
      'Started\t2026-11-21T09:56:01.000Z',
      'Ended\t2026-11-21T09:56:05.200Z',
      'Reason\ttests failed (test_failed)',
      'Next\tMend them and push again',
      'Log\tsluice builds:log 42 -a hello',
    ],
  },
  {
    argv: 'builds:cancel -a hello',
    answers: { listBuilds: { items: [build] }, cancelBuild: { ...build, state: 'building' } },
    asks: [
      ['listBuilds', { app: 'hello', limit: '1' }],
      ['cancelBuild', { app: 'hello', number: '41' }],
    ],
    prints: ['=====> Build 41 is being cancelled', '       What is live stays live'],
  },
  {
    argv: 'builds:log -a hello',
    answers: { listBuilds: { items: [] } },
    asks: [['listBuilds', { app: 'hello', limit: '1' }]],
    prints: [],
    stderr: [' !     hello has no builds yet', ' !     Type: git push platform main'],
    code: 1,
  },
  ...(
    [
      ['rollouts -a hello', 'listRollouts', '20', 'No rollouts yet. Type: git push platform main'],
      ['releases -a hello', 'listReleases', '20', 'No releases yet. Type: git push platform main'],
    ] as const
  ).map(([argv, route, limit, none]) => ({
    argv,
    answers: { [route]: { items: [] } },
    asks: [[route, { app: 'hello', limit }]] as const,
    // What reads stdout gets no line; who looks at it is told all the same.
    prints: [],
    stderr: [`       ${none}`],
  })),
  {
    argv: 'releases -n 1 -a hello',
    answers: { listReleases: { items: [release], next: 'more' } },
    asks: [['listReleases', { app: 'hello', limit: '1' }]],
    prints: ['v12\tlive\tDeploy 1a2b3c4d\talice\t2026-11-21T09:56:06.000Z\t'],
  },
  {
    argv: 'releases:info v12 -a hello',
    answers: {
      getRelease: { ...releaseDetail, live: false, canGoBackTo: true },
      getRollout: { ...promoted, release: 12 },
    },
    asks: [
      ['getRelease', { app: 'hello', number: '12' }],
      ['getRollout', { app: 'hello', number: '12' }],
    ],
    prints: [
      'Release\tv12',
      'State\twas live',
      'Description\tDeploy 1a2b3c4d',
      'By\talice (build)',
      'Build\t41',
      `Commit\t${COMMIT}`,
      'Image\tsluice/app000000001:v12',
      'Config version\t3',
      'Compared with\tv11',
      'Config changes\t+NEW ~LOG_LEVEL',
      'Process web\tnode server.js',
      'Made\t2026-11-21T09:56:06.000Z',
      'Ended\t2026-11-21T09:57:00.000Z',
      'Verdict\tpassed: none of 300 requests failed on v12',
      'Rollout\tsluice rollouts:show v12 -a hello',
      'Go back to it\tsluice rollback v12 -a hello',
    ],
  },
  {
    argv: 'releases:info v12 -a hello',
    answers: { getRelease: { ...releaseDetail, live: false }, getRollout: { ...promoted, release: 12 } },
    asks: [
      ['getRelease', { app: 'hello', number: '12' }],
      ['getRollout', { app: 'hello', number: '12' }],
    ],
    // No way back where a rollback would be refused.
    prints: expect.not.arrayContaining([expect.stringContaining('rollback')]),
  },
  {
    argv: 'releases -a hello',
    answers: {
      listReleases: {
        items: [
          { ...configRelease, state: 'canary', weight: 25 },
          { ...release, live: false },
        ],
      },
    },
    asks: [['listReleases', { app: 'hello', limit: '20' }]],
    prints: [
      'v13\tcanary 25 %\tSet LOG_LEVEL\talice\t2026-11-21T09:56:06.000Z\t',
      'v12\twas live\tDeploy 1a2b3c4d\talice\t2026-11-21T09:56:06.000Z\t',
    ],
  },
  {
    argv: 'rollback v11 -a hello',
    answers: {
      rollback: {
        ...release,
        number: 14,
        description: 'Rollback to v11',
        state: 'starting',
        warnings: ['the release command of v12 ran'],
      },
      getRollout: {
        ...promoted,
        release: 14,
        events: [{ at: MADE, kind: 'note', text: 'the release command of v12 ran' }],
      },
      getApp: app,
    },
    asks: [
      ['getApp', hello],
      ['rollback', hello, { canary: false, release: 11 }],
      ['getRollout', { app: 'hello', number: '14' }],
      ['getApp', hello],
    ],
    prints: ['=====> v14 is live: http://hello.localhost:8000', UNDO.replace('rollback', 'rollback v12')],
    stderr: [' !     the release command of v12 ran', '-----> v14: Rollback to v11'],
  },
  {
    argv: 'rollback --canary --detach -a hello',
    answers: { getApp: app, rollback: { ...release, number: 14, description: 'Rollback to v11' } },
    asks: [
      ['getApp', hello],
      ['rollback', hello, { canary: true }],
    ],
    prints: [
      '=====> v14 is on its way: Rollback to v11',
      '       See: sluice rollouts:show v14 -f -a hello',
      UNDO.replace('rollback', 'rollback v12'),
    ],
  },
  {
    argv: 'ps -a hello',
    answers: { listProcesses: { processes: [web, worker] } },
    asks: [['listProcesses', hello]],
    prints: [
      'web.1\trunning\tv12\t2026-11-21T09:57:00.000Z\t0\tnode server.js\t',
      'web.2\tcrashed\tv12\t\t3\tnode server.js\tit used more than 512 MB',
      'worker\tscaled to 0\t-\t\t-\tnode worker.js\t',
    ],
  },
  {
    argv: 'ps:scale web=2 worker=0 -a hello',
    answers: { scale: { processes: [worker] } },
    asks: [['scale', hello, { processes: { web: 2, worker: 0 } }]],
    prints: ['=====> Scaled web to 2, worker to 0', 'worker\tscaled to 0\t-\t\t-\tnode worker.js\t'],
  },
  {
    argv: 'ps:restart worker -a hello',
    answers: { restart: undefined },
    asks: [['restart', hello, { process: 'worker' }]],
    prints: [
      '=====> worker of hello restarts, one replica after the other',
      '       See: sluice ps -a hello',
    ],
  },
  {
    argv: 'domains -a hello',
    answers: { listDomains: { items: [{ host: 'hello.localhost', kind: 'platform' }] } },
    asks: [['listDomains', hello]],
    prints: ['hello.localhost\tplatform'],
  },
  {
    argv: 'domains:add WWW.example.com -a hello',
    answers: { addDomain: { host: 'www.example.com', kind: 'custom' } },
    asks: [['addDomain', hello, { host: 'www.example.com' }]],
    prints: [
      '=====> hello answers for www.example.com',
      '       Undo: sluice domains:remove www.example.com -a hello',
    ],
  },
  {
    argv: 'domains:remove www.example.com -a hello',
    answers: { removeDomain: undefined },
    asks: [['removeDomain', { app: 'hello', host: 'www.example.com' }]],
    prints: [
      '=====> hello no longer answers for www.example.com',
      '       Undo: sluice domains:add www.example.com -a hello',
    ],
  },
  {
    argv: 'keys',
    answers: { listKeys: { items: [key] } },
    asks: [['listKeys', {}]],
    prints: [`alice\t${key.fingerprint}\tssh-ed25519\talice@laptop\t2026-11-20T10:00:00.000Z`],
  },
  {
    argv: 'keys:add FOLDER/id.pub --person bob',
    answers: { addKey: { ...key, person: 'bob' } },
    asks: [['addKey', {}, { publicKey: PUBLIC_KEY, person: 'bob' }]],
    prints: [
      `=====> bob has the key ${key.fingerprint} (FOLDER/id.pub)`,
      `       Undo: sluice keys:remove ${key.fingerprint}`,
      '       Next: sluice access:add bob deployer -a APP',
    ],
  },
  {
    argv: `keys:remove ${key.fingerprint}`,
    answers: { listKeys: { items: [key] }, removeKey: undefined },
    asks: [
      ['listKeys', {}],
      ['removeKey', { key: 'key000000001' }],
    ],
    prints: [`=====> The key ${key.fingerprint} is removed`],
  },
  {
    argv: 'access -a hello',
    answers: { listMembers: { items: [{ person: 'bob', role: 'deployer' }] } },
    asks: [['listMembers', hello]],
    prints: ['bob\tdeployer'],
  },
  {
    argv: 'access:add bob deployer -a hello',
    answers: { setMember: { person: 'bob', role: 'deployer' } },
    asks: [['setMember', { app: 'hello', person: 'bob' }, { role: 'deployer' }]],
    prints: ['=====> bob is deployer of hello', '       Undo: sluice access:remove bob -a hello'],
  },
  {
    argv: 'access:remove bob -a hello',
    answers: { removeMember: undefined },
    asks: [['removeMember', { app: 'hello', person: 'bob' }]],
    prints: ['=====> bob has no role with hello any more'],
  },
  {
    argv: 'open -a hello',
    answers: { getApp: app },
    asks: [['getApp', hello]],
    prints: ['http://hello.localhost:8000'],
  },
  {
    argv: 'status',
    answers: { status: { ...status, parts: [{ name: 'router', ok: false, message: 'does not answer' }] } },
    asks: [['status', {}]],
    prints: [
      'Version\t0.1.0',
      'SSH\tssh://sluice@127.0.0.1:2222',
      `Host key\t${status.ssh.fingerprint}`,
      'Apps\thttp://NAME.localhost:8000',
      'Apps (TLS)\thttps://NAME.localhost:8443',
      'Builds\t2 running of 3 at once, 1 queued',
      'Part router\tFAILS: does not answer',
    ],
    stderr: [' !     Something fails. Type: sluice doctor'],
  },
];

test.each(rows)('sluice $argv', async ({ argv, answers, asks, prints, stderr = [], code = 0 }) => {
  for (const [route, answer] of Object.entries(answers)) api.on(route as RouteName, () => answer);
  api.on('destroyApp', () => undefined);
  const outcome = await invoke(argv.replace('FOLDER', folder).split(' '), {
    settings: { dataDir: api.dataDir },
  });
  const lines = (text: string) => text.replaceAll(folder, 'FOLDER').split('\n').slice(0, -1);
  expect({ prints: lines(outcome.stdout), stderr: lines(outcome.stderr), code: outcome.code }).toEqual({
    prints,
    stderr,
    code,
  });
  const asked = api.asked.map(({ route, params, query, body }) =>
    [route, { ...params, ...query }, body].slice(0, body === undefined ? 2 : 3),
  );
  expect(asked).toEqual(asks);
});

test('on a terminal: a header, relative times, and a word where there is nothing', async () => {
  api.on('listApps', () => ({ items: [app] })).on('listDomains', () => ({ items: [] }));
  const settings = { dataDir: api.dataDir };
  const apps = await invoke(['apps'], { settings, interactive: true });
  expect(apps.stdout.split('\n')).toEqual([
    'NAME   LIVE  SINCE   ROLE   URL',
    'hello  v12   3m ago  owner  http://hello.localhost:8000',
    '',
  ]);
  const none = await invoke(['domains', '-a', 'hello'], { settings, interactive: true });
  expect(none.stdout).toBe('No domains. Type: sluice domains:add www.example.com\n');
  const piped = await invoke(['domains', '-a', 'hello'], { settings });
  expect(piped.stdout).toBe('');
});

test('a list longer than a page is fetched to its end', async () => {
  const page = (from: number) =>
    Array.from({ length: 100 }, (_, at) => ({ ...app, name: `app-${from + at}` }));
  api.on('listApps', ({ query }) =>
    query['cursor'] === undefined ? { items: page(0), next: 'two' } : { items: page(100).slice(0, 5) },
  );
  const { stdout } = await invoke(['apps'], { settings: { dataDir: api.dataDir } });
  expect(stdout.trim().split('\n')).toHaveLength(105);
  expect(api.asked.map(({ query }) => query['cursor'])).toEqual([undefined, 'two']);
});

test('destroying asks a person for the name', async () => {
  api.on('getApp', () => app).on('destroyApp', () => undefined);
  const settings = { dataDir: api.dataDir };
  const wrong = await invoke(['apps:destroy', 'hello'], { settings, typed: 'yes\n' });
  expect(wrong.code).toBe(1);
  expect(api.asked.map(({ route }) => route)).toEqual(['getApp']);
  const right = await invoke(['apps:destroy', 'hello'], { settings, typed: 'hello\n' });
  expect(right.code).toBe(0);
  expect(api.asked.at(-1)).toMatchObject({ route: 'destroyApp', body: { confirm: 'hello' } });
});
