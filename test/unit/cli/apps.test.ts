import { afterEach, beforeEach, expect, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { COMMIT, app } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };

const rows: CommandRow[] = [
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
    stderr: [' !     that is not "hello": nothing was destroyed', ' !     add `--confirm APP`'],
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
    argv: 'open -a hello',
    answers: { getApp: app },
    asks: [['getApp', hello]],
    prints: ['http://hello.localhost:8000'],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));

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
