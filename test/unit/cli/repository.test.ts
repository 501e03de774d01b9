import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { COMMIT, delivery, notification, repository } from '../../support/cli/samples.ts';

let api: FakeApi;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
  await writeFile(join(folder, 'token.txt'), 'glpat-secret\n');
  await writeFile(join(folder, 'two.txt'), 'one\ntwo\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };
const { nextAt: _, ...arrived } = delivery;
const facts = [
  'URL\tssh://git@github.com/acme/shop.git',
  'Branch\tmain',
  'Login\tdeploy key',
  'Deploy key\tssh-ed25519 AAAA sluice/hello',
  'Host key\tssh-ed25519 SHA256:abc',
  'Commit statuses\tgithub',
  'Linked by\talice',
  'Linked\t2026-11-20T10:00:00.000Z',
];
const refused = {
  ok: false,
  reason: { code: 'source_login', message: 'it lets nobody in', hint: 'add the key' },
};

const rows: CommandRow[] = [
  {
    argv: 'repository -a hello',
    answers: { getRepository: repository },
    asks: [['getRepository', hello]],
    prints: facts,
  },
  {
    argv: 'repository:link git@github.com:acme/shop.git -a hello',
    answers: { linkRepository: { ...repository, check: refused } },
    asks: [['linkRepository', hello, { url: 'git@github.com:acme/shop.git' }]],
    prints: [
      '=====> hello is linked to ssh://git@github.com/acme/shop.git',
      ...facts,
      '       Add the deploy key there, for reading only; then:',
      '       sluice repository:check -a hello',
    ],
  },
  {
    argv: 'repository:link https://gitlab.com/a/b --token-file FOLDER/token.txt --branch live --provider gitlab -a hello',
    answers: { linkRepository: { ...repository, login: 'token', check: { ok: true, commit: COMMIT } } },
    asks: [
      [
        'linkRepository',
        hello,
        { url: 'https://gitlab.com/a/b', token: 'glpat-secret', branch: 'live', provider: 'gitlab' },
      ],
    ],
    prints: [
      '=====> hello is linked to ssh://git@github.com/acme/shop.git',
      ...facts.with(2, 'Login\ttoken'),
      `=====> It can be read: its branch is at ${COMMIT}`,
      '       Next: sluice builds:create --from-source -a hello',
    ],
  },
  {
    argv: 'repository:check -a hello',
    answers: { checkRepository: refused },
    asks: [['checkRepository', hello]],
    prints: [],
    stderr: [' !     it lets nobody in', '       add the key'],
    code: 1,
  },
  {
    argv: 'repository:unlink -a hello',
    answers: { getRepository: repository, unlinkRepository: undefined },
    asks: [
      ['getRepository', hello],
      ['unlinkRepository', hello],
    ],
    prints: [
      '=====> hello is no longer linked to ssh://git@github.com/acme/shop.git',
      '       Undo, with new keys: sluice repository:link ssh://git@github.com/acme/shop.git -a hello',
    ],
  },
  {
    argv: 'notify -a hello',
    answers: { listNotifications: { items: [notification] } },
    asks: [['listNotifications', hello]],
    prints: [
      'notify000001\thttps://example.com/hook\tbuild.* rollout.failed\talice\t2026-11-20T10:00:00.000Z\ton',
    ],
  },
  {
    argv: 'notify:add https://example.com/hook --events build.*,rollout.failed -a hello',
    answers: { addNotification: { ...notification, secret: 'whsec_abc' } },
    asks: [
      ['addNotification', hello, { url: 'https://example.com/hook', events: ['build.*', 'rollout.failed'] }],
    ],
    prints: [
      '=====> Events of hello are sent to https://example.com/hook',
      '       Signing secret, shown this once: whsec_abc',
      '       Try it: sluice notify:test notify000001 -a hello',
      '       Undo: sluice notify:remove notify000001 -a hello',
    ],
  },
  {
    argv: 'notify:deliveries -a hello',
    answers: {
      listNotificationDeliveries: {
        items: [delivery, { ...arrived, to: { status: COMMIT }, state: 'delivered' }],
      },
    },
    asks: [['listNotificationDeliveries', { ...hello, limit: '20' }]],
    prints: [
      'delivery0001\tbuild.failed\thttps://example.com/hook\twaiting until 2026-11-20T10:00:35.000Z\t2\t2026-11-20T10:00:00.000Z\t500 broken',
      'delivery0001\tbuild.failed\tstatus of 1a2b3c4d\tdelivered\t2\t2026-11-20T10:00:00.000Z\t500 broken',
    ],
  },
  {
    argv: 'notify:redeliver delivery0001 -a hello',
    answers: { redeliverNotification: { ...delivery, id: 'delivery0002' } },
    asks: [['redeliverNotification', { ...hello, delivery: 'delivery0001' }]],
    prints: [
      '=====> build.failed is on its way again, as delivery0002',
      '       How it went: sluice notify:deliveries -a hello',
    ],
  },
];

test.each(rows)('sluice $argv', async (row) => {
  await expectCommand(api, row, folder);
});

test.each([
  [['--token-file', 'two.txt'], 'does not hold one token'],
  [['--token-file', 'none.txt'], 'cannot be read'],
  [['--provider', 'other'], 'github, gitlab or gitea'],
])('%j is misuse, and nothing is asked', async ([flag = '', name = ''], why) => {
  const given = flag === '--token-file' ? join(folder, name) : name;
  const argv = ['repository:link', 'https://gitlab.com/a/b', flag, given, '-a', 'hello'];
  const { code, stderr } = await invoke(argv, { settings: { dataDir: api.dataDir } });
  expect(stderr).toContain(why);
  expect(code).toBe(2);
  expect(api.asked).toEqual([]);
});
