import type { Delivery } from '../../../core/contracts/resources.ts';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as resources from '../../../core/contracts/resources.ts';
import { expectCommand, type CommandRow } from '../../support/cli/command-row.ts';
import { FakeApi } from '../../support/cli/fake-api.ts';
import { invoke } from '../../support/cli/invoke.ts';
import { app, build, hook, hookDelivery, release, releaseDetail } from '../../support/cli/samples.ts';

let api: FakeApi;
beforeEach(async () => {
  api = await FakeApi.start();
});
afterEach(() => api.stop());

const hello = { app: 'hello' };
const delivery = hookDelivery;
const withSecret = { ...hook, secret: 'whsec_c2VjcmV0' };
const IMAGE = `ghcr.io/acme/shop@sha256:${'0123456789abcdef'.repeat(4)}`;

const rows: CommandRow[] = [
  {
    argv: 'hooks -a hello',
    answers: { listHooks: { items: [hook] } },
    asks: [['listHooks', hello]],
    prints: [`github\tgithub\tmain\ton\tdone 2026-11-21T09:59:00.000Z\t${hook.url}`],
  },
  {
    argv: 'hooks:create --from github --branch main -a hello',
    answers: { createHook: withSecret },
    asks: [['createHook', hello, { kind: 'github', branch: 'main' }]],
    prints: [
      '=====> The hook github of hello is made',
      '       In the repository: Settings, Webhooks, Add webhook',
      `         Payload URL:   ${hook.url}`,
      '         Content type:  application/json',
      '         Secret:        whsec_c2VjcmV0',
      '         Events:        Pushes; or Workflow runs, to deploy main only once its checks have passed',
      '       The secret is not shown again',
      '       What came: sluice hooks:deliveries github -a hello',
      '       Undo: sluice hooks:remove github -a hello',
    ],
  },
  {
    argv: 'hooks:create --from generic -a hello',
    answers: { createHook: { ...withSecret, kind: 'generic', name: 'ci', url: '/v1/hooks/hook00000001' } },
    asks: [['createHook', hello, { kind: 'generic' }]],
    prints: [
      '=====> The hook ci of hello is made',
      '       URL:     /v1/hooks/hook00000001',
      '       Secret:  whsec_c2VjcmV0',
      '       Body:    {"ref": "main"}, {"sha": "…"} or {"image": "registry/name@sha256:…"}, signed as in docs/web-hooks.md',
      '       The secret is not shown again',
      '       What came: sluice hooks:deliveries ci -a hello',
      '       Undo: sluice hooks:remove ci -a hello',
    ],
    stderr: [
      ' !     This platform does not know how it is reached from outside: put its address before the URL',
      ' !     An admin can set it: SLUICE_PUBLIC_URL (docs/web-hooks.md)',
    ],
  },
  {
    argv: 'hooks:create -a hello',
    answers: {},
    asks: [],
    prints: [],
    stderr: [' !     who sends is missing', ' !     Type: sluice hooks:create --from github|gitlab|generic'],
    code: 2,
  },
  {
    argv: 'hooks:info github -a hello',
    answers: { getHook: hook },
    asks: [['getHook', { app: 'hello', hook: 'github' }]],
    prints: [
      'Hook\tgithub',
      'From\tgithub',
      'Branch\tmain',
      `URL\t${hook.url}`,
      'Made\t2026-11-20T10:00:00.000Z by alice',
      'Last delivery\tpush: done (2026-11-21T09:59:00.000Z)',
      'Last refused\thook_signature_wrong (2026-11-21T09:00:00.000Z)',
      'What came\tsluice hooks:deliveries github -a hello',
    ],
  },
  {
    argv: 'hooks:disable github -a hello',
    answers: { changeHook: { ...hook, enabled: false } },
    asks: [['changeHook', { app: 'hello', hook: 'github' }, { enabled: false }]],
    prints: ['=====> The hook github takes no messages', '       Undo: sluice hooks:enable github -a hello'],
  },
  {
    argv: 'hooks:rotate github --keep 1h -a hello',
    answers: { rotateHook: { ...withSecret, kind: 'gitlab', oldSecretUntil: '2026-11-21T11:00:00.000Z' } },
    asks: [['rotateHook', { app: 'hello', hook: 'github' }, { keepSeconds: 3_600 }]],
    prints: [
      '=====> The hook github of hello has a new secret',
      '       In the project: Settings, Webhooks, Add new webhook',
      `         URL:            ${hook.url}`,
      '         Signing token:  whsec_c2VjcmV0',
      '                         (as Secret token where your GitLab has no signing tokens yet)',
      '         Trigger:        Push events; or Pipeline events, to deploy main only once its pipeline has passed',
      '       The secret is not shown again',
      '       The old secret is good until 2026-11-21T11:00:00.000Z',
    ],
  },
  {
    argv: 'hooks:remove github -a hello',
    answers: { removeHook: undefined },
    asks: [['removeHook', { app: 'hello', hook: 'github' }]],
    prints: ['=====> The hook github of hello is removed'],
  },
  {
    argv: 'hooks:deliveries github -n 2 -a hello',
    answers: { listDeliveries: { items: [delivery] } },
    asks: [['listDeliveries', { app: 'hello', limit: '2', hook: 'github' }]],
    prints: ['delivery0001\tgithub\tpush\tdone\tbuild 41\t202\t2026-11-21T09:59:00.000Z\t1.5s\t'],
  },
  {
    argv: 'hooks:redeliver delivery0001 -a hello',
    answers: { redeliver: { ...delivery, id: 'delivery0002', redeliveryOf: 'delivery0001' } },
    asks: [['redeliver', { app: 'hello', delivery: 'delivery0001' }]],
    prints: [
      '=====> push of github is processed again, as delivery0002',
      '       See: sluice hooks:deliveries github -a hello',
    ],
  },
  {
    argv: `releases:create --image ${IMAGE} --detach -a hello`,
    answers: {
      createRelease: { ...release, source: 'image', description: `Image ${IMAGE}`, state: 'starting' },
    },
    asks: [['createRelease', hello, { image: IMAGE }]],
    prints: [
      `=====> v12 is on its way: Image ${IMAGE}`,
      '       See: sluice rollouts:show v12 -f -a hello',
      '       Undo: sluice rollouts:abort v12 -a hello',
    ],
    stderr: [`-----> Getting ${IMAGE}`],
  },
];

test.each(rows)('sluice $argv', (row) => expectCommand(api, row));

test('a secret that the sender has already comes from stdin or a prompt, and is not shown', async () => {
  const own = 'glpat-of-the-project-0123';
  api.on('rotateHook', () => ({ ...withSecret, kind: 'gitlab', secret: own }));
  api.on('createHook', () => ({ ...withSecret, kind: 'gitlab', secret: own }));
  const settings = { dataDir: api.dataDir };
  for (const argv of ['hooks:rotate gitlab', 'hooks:create --from gitlab']) {
    const piped = await invoke([...argv.split(' '), '--own-secret', '-a', 'hello'], {
      settings,
      stdin: Readable.from([`${own}\n`]),
    });
    const typed = await invoke([...argv.split(' '), '--own-secret', '-a', 'hello'], {
      settings,
      typed: `${own}\n`,
    });
    for (const { code, stdout, stderr } of [piped, typed]) {
      expect(code).toBe(0);
      expect(stdout).toContain('(your own)');
      expect(stdout + stderr).not.toContain(own);
    }
    const asJson = await invoke([...argv.split(' '), '--own-secret', '--json', '-a', 'hello'], {
      settings,
      stdin: Readable.from([`${own}\n`]),
    });
    expect(asJson.stdout + asJson.stderr).not.toContain(own);
  }
  expect(api.asked.map(({ body }) => (body as { secret?: string }).secret)).toEqual(Array(6).fill(own));
});

const again: Delivery = { ...hookDelivery, id: 'delivery0002', redeliveryOf: 'delivery0001' };

/** What the platform answers from one look to the next; the last for ever. */
function deliveryIs(...looks: Partial<Delivery>[]) {
  const { finishedAt: _finishedAt, build: _build, ...pending } = again;
  api.on('redeliver', () => ({ ...pending, state: 'pending' }));
  api.on('getDelivery', () => ({ ...pending, ...(looks.length > 1 ? looks.shift() : looks[0]) }));
}
const follow = (...more: string[]) =>
  invoke(['hooks:redeliver', 'delivery0001', '-f', '-a', 'hello', ...more], {
    settings: { dataDir: api.dataDir },
  });

test('redeliver -f follows the build that comes of it to its verdict', async () => {
  deliveryIs({ state: 'pending' }, { state: 'done', build: 41 });
  api
    .on('getBuildLog', (_, response) => void response.end('-----> Testing\n'))
    .on('getBuild', () => build)
    .on('getRelease', () => releaseDetail)
    .on('getApp', () => app);
  const { code, stdout, stderr } = await follow();
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: '-----> push of github is processed again, as delivery0002\n',
  });
  expect(stdout).toContain('-----> Testing\n=====> v12 is live');
  const lines = (await follow('--json')).stdout.trimEnd().split('\n');
  expect(lines.map((line) => Object.keys(JSON.parse(line) as object))).toEqual([
    expect.arrayContaining(['id', 'build']),
    ['line'],
    ['build', 'release'],
  ]);
});

test('redeliver -f says why nothing was deployed, and fails where that is a fault', async () => {
  const reason = { code: 'older_than_live', message: 'the commit is older than what is live' } as const;
  deliveryIs({ state: 'ignored', reason });
  expect(await follow()).toMatchObject({
    code: 0,
    stdout: `=====> Nothing to deploy: ${reason.message}\n`,
  });
  deliveryIs({ state: 'failed', reason: { code: 'fetch_failed', message: 'it cannot be fetched' } });
  expect(await follow()).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(' !     it cannot be fetched') as string,
  });
});

test('Ctrl-C ends the watching of a delivery, and says what goes on', async () => {
  const interrupt = new AbortController();
  const pending: Delivery = { ...again, state: 'pending' };
  api
    .on('redeliver', () => pending)
    .on('getDelivery', () => {
      interrupt.abort();
      return pending;
    });
  const outcome = await invoke(['hooks:redeliver', 'delivery0001', '-f', '-a', 'hello'], {
    settings: { dataDir: api.dataDir },
    interrupt: interrupt.signal,
  });
  expect(outcome.code).toBe(130);
  expect(outcome.stderr).toContain('Only the watching has ended: delivery0002 goes on');
});

test('--json is the hook with its secret, and nothing else', async () => {
  api.on('createHook', () => withSecret);
  const argv = ['hooks:create', '--from', 'github', '--json', '-a', 'hello'];
  const { stdout, stderr } = await invoke(argv, { settings: { dataDir: api.dataDir } });
  expect(resources.HookWithSecret.parse(JSON.parse(stdout))).toEqual(withSecret);
  expect(stderr).toBe('');
});
