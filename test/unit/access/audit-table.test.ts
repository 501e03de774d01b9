import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { PERSON_HEADER } from '../../../core/contracts/internal.ts';
import { type RouteContract, type RouteName, routes } from '../../../core/contracts/routes.ts';
import { generateSshKey } from '../../../server/git/openssh-key.ts';
import type { PersonRow } from '../../../server/store/people.ts';
import { Receiver } from '../../support/receiver.ts';
import { TestServer } from '../../support/server.ts';

/** Routes that are no GET and leave no row by themselves, and why. */
const WITHOUT_ROW: Partial<Record<RouteName, string>> = {
  checkRepository: 'it only looks, and keeps the key of a host that was linked already',
  run: 'only by an upgrade, which test/unit/api/run.test.ts does',
};

const changing = (Object.keys(routes) as RouteName[]).filter((name) => routes[name].method !== 'GET');

interface Step {
  readonly route: RouteName;
  readonly action: string;
  readonly params?: Record<string, string | number>;
  readonly body?: object;
  /** Else alice, an admin. */
  readonly by?: PersonRow | 'machine';
}

async function platform() {
  const receiver = await Receiver.start();
  const server = await TestServer.start(
    { SLUICE_PRIVATE_HOSTS: receiver.origin },
    { resolve: async () => ['93.184.215.14'] },
  );
  const end = async (): Promise<void> => {
    await server.remove();
    await receiver.stop();
  };
  return { server, receiver, end };
}

async function ask(server: TestServer, { route, params = {}, body, by }: Step): Promise<unknown> {
  const contract: RouteContract = routes[route];
  const all: Record<string, string | number> = { app: 'shop', ...params };
  const path = contract.path.replaceAll(/:([a-z]+)/g, (_, key: string) => encodeURIComponent(all[key] ?? ''));
  const sent = JSON.stringify(body ?? {});
  const asked = request({
    socketPath: server.context.settings.paths.serverSocket,
    method: contract.method,
    path,
    headers: {
      ...(by === 'machine' ? {} : { [PERSON_HEADER]: (by ?? server.alice).id }),
      ...(contract.body
        ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(sent) }
        : {}),
    },
    agent: false,
  });
  asked.end(contract.body ? sent : '');
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  const answer = await text(response);
  expect(`${route} ${response.statusCode} ${answer}`).toMatch(new RegExp(`^${route} ${contract.status} `));
  return answer === '' ? undefined : JSON.parse(answer);
}

/** A push to another branch, as GitHub tells it. @returns the id of the delivery */
async function deliver(server: TestServer, hook: string, secret: string): Promise<string> {
  const sent = JSON.stringify({ ref: 'refs/heads/other', after: 'a'.repeat(40), before: 'b'.repeat(40) });
  const asked = request({
    socketPath: server.context.settings.paths.serverSocket,
    method: 'POST',
    path: `/v1/hooks/${hook}`,
    headers: {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(sent),
      'x-github-event': 'push',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(sent).digest('hex')}`,
    },
    agent: false,
  });
  asked.end(sent);
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return (JSON.parse(await text(response)) as { delivery: string }).delivery;
}

test('whoever changes something leaves a row in the audit log that names them: no route is without one', async () => {
  const { server, receiver, end } = await platform();
  const { store } = server.context;
  const seen = new Set<RouteName>();
  /** Asks, and sees the row that it leaves. */
  async function leaves(step: Step): Promise<Record<string, string>> {
    const before = store.db.get<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM events')?.id ?? 0;
    const answer = await ask(server, step);
    const rows = store.events.above(before, 100);
    const person = step.by === 'machine' ? 'root' : (step.by?.name ?? 'alice');
    expect(
      rows.map((row) => `${row.action} by ${row.person}`),
      step.route,
    ).toContain(`${step.action} by ${person}`);
    seen.add(step.route);
    return answer as Record<string, string>;
  }
  const key = (name: string): string => generateSshKey(name).publicKey;

  await leaves({ route: 'createApp', action: 'app.create', body: { name: 'shop' } });
  await leaves({ route: 'createApp', action: 'app.create', body: { name: 'blog' } });
  await leaves({ route: 'renameApp', action: 'app.rename', params: { app: 'blog' }, body: { name: 'news' } });
  await leaves({ route: 'setMaintenance', action: 'maintenance.on', body: { on: true } });
  await leaves({ route: 'setMaintenance', action: 'maintenance.off', body: { on: false } });
  await leaves({
    route: 'destroyApp',
    action: 'app.destroy',
    params: { app: 'news' },
    body: { confirm: 'news' },
  });

  // People and what they come with.
  await leaves({ route: 'addKey', action: 'key.add', body: { publicKey: key('alice') } });
  const bobs = await leaves({
    route: 'addKey',
    action: 'key.add',
    body: { publicKey: key('bob'), person: 'bob' },
  });
  await leaves({ route: 'removeKey', action: 'key.remove', params: { key: bobs['fingerprint'] ?? '' } });
  await leaves({
    route: 'setPerson',
    action: 'person.set',
    params: { person: 'bob' },
    body: { admin: true },
  });
  await leaves({
    route: 'setPerson',
    action: 'person.set',
    params: { person: 'bob' },
    body: { admin: false },
  });
  const token = await leaves({ route: 'createToken', action: 'token.create', body: { name: 'ci' } });
  await leaves({ route: 'revokeToken', action: 'token.revoke', params: { token: token['id'] ?? '' } });
  await leaves({
    route: 'setMember',
    action: 'member.set',
    params: { person: 'bob' },
    body: { role: 'viewer' },
  });
  await leaves({ route: 'removeMember', action: 'member.remove', params: { person: 'bob' } });
  await leaves({ route: 'removePerson', action: 'person.remove', params: { person: 'bob' } });
  const machine = await leaves({
    route: 'addDeployKey',
    action: 'deploy-key.add',
    body: { publicKey: key('ci'), name: 'ci' },
  });
  await leaves({
    route: 'removeDeployKey',
    action: 'deploy-key.remove',
    params: { key: machine['id'] ?? '' },
  });

  // What an app is and has.
  await leaves({ route: 'setConfig', action: 'config.set', body: { values: { A: 'b' } } });
  await leaves({ route: 'setSecrets', action: 'secret.set', body: { values: { KEY: 'one' } } });
  await leaves({
    route: 'rotateSecret',
    action: 'secret.rotate',
    params: { secret: 'KEY' },
    body: { generate: 32 },
  });
  await leaves({ route: 'addDomain', action: 'domain.add', body: { host: 'shop.example.com' } });
  await leaves({ route: 'removeDomain', action: 'domain.remove', params: { host: 'shop.example.com' } });
  await leaves({
    route: 'linkRepository',
    action: 'repository.link',
    body: { url: 'https://git.example.com/acme/shop.git' },
  });
  await leaves({ route: 'unlinkRepository', action: 'repository.unlink' });
  const hook = {
    hook:
      (await leaves({ route: 'createHook', action: 'hook.create', body: { kind: 'github' } }))['id'] ?? '',
  };
  await leaves({ route: 'changeHook', action: 'hook.disable', params: hook, body: { enabled: false } });
  await leaves({ route: 'changeHook', action: 'hook.enable', params: hook, body: { enabled: true } });
  const rotated = await leaves({ route: 'rotateHook', action: 'hook.rotate', params: hook });
  const notification = {
    notification:
      (
        await leaves({
          route: 'addNotification',
          action: 'notification.add',
          body: { url: `${receiver.origin}/told` },
        })
      )['id'] ?? '',
  };
  await leaves({ route: 'testNotification', action: 'notification.test', params: notification });
  const app = store.apps.byName('shop');
  if (!app) throw new Error('no app');
  await expect.poll(() => store.outgoing.page(app.id, 1e9, 1)).toHaveLength(1);
  const [told] = store.outgoing.page(app.id, 1e9, 1);
  await leaves({
    route: 'redeliverNotification',
    action: 'notification.redeliver',
    params: { delivery: told?.id ?? '' },
  });
  await leaves({ route: 'removeNotification', action: 'notification.remove', params: notification });

  // Builds, releases, rollouts and processes.
  const canary = 'canary: {steps: [50], bake: 1h, max_wait: 2h, keep: 0s}\n';
  const files = { Dockerfile: 'FROM busybox:1\n', 'sluice.yaml': canary };
  const one = await server.commit(app, files);
  await server.deploy(app, one, 'image-1');
  await server.settled(app);
  const two = await server.commit(app, { ...files, x: 'y' }, one);
  await server.build(await server.push(app, two), 'image-2');
  await expect.poll(() => store.releases.byNumber(app.id, 2)).toBeDefined();
  const rollout = { params: { number: 2 } };
  await leaves({ route: 'pauseRollout', action: 'rollout.pause', ...rollout });
  await leaves({ route: 'resumeRollout', action: 'rollout.resume', ...rollout });
  await leaves({ route: 'promoteRollout', action: 'rollout.promote', ...rollout });
  await server.settled(app);
  const three = await server.commit(app, { ...files, x: 'z' }, two);
  await server.build(await server.push(app, three), 'image-3');
  await expect.poll(() => store.releases.byNumber(app.id, 3)).toBeDefined();
  await leaves({ route: 'abortRollout', action: 'rollout.abort', params: { number: 3 } });
  await server.settled(app);
  await leaves({ route: 'rollback', action: 'release.rollback', body: { release: 1 } });
  await server.settled(app);
  await leaves({ route: 'scale', action: 'ps.scale', body: { processes: { web: 2 } } });
  await leaves({ route: 'restart', action: 'ps.restart', body: {} });
  const build = await leaves({ route: 'createBuild', action: 'build.create', body: { commit: two } });
  await leaves({ route: 'cancelBuild', action: 'build.cancel', params: { number: build['number'] ?? '' } });
  const image = `ghcr.io/acme/shop@sha256:${'a'.repeat(64)}`;
  server.engine.registry.set(image, { exposedPorts: [7000], user: '1001' });
  await leaves({ route: 'createRelease', action: 'release.create', body: { image } });

  const delivery = await deliver(server, hook.hook, rotated['secret'] ?? '');
  await leaves({ route: 'redeliver', action: 'hook.redeliver', params: { delivery } });
  await leaves({ route: 'removeHook', action: 'hook.remove', params: hook });

  await leaves({ route: 'rotateMasterKey', action: 'master-key.rotate', by: 'machine' });
  store.people.remove(server.alice.id);
  await leaves({
    route: 'setup',
    action: 'platform.setup',
    by: 'machine',
    body: { person: 'anna', publicKey: key('anna') },
  });

  expect([...seen, ...Object.keys(WITHOUT_ROW)].toSorted()).toEqual(changing.toSorted());
  await end();
}, 60_000);
