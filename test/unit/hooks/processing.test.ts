import { expect, onTestFinished, test } from 'vitest';
import { pino } from 'pino';
import { Refusal } from '../../../core/reason.ts';
import { DeliveryProcessor } from '../../../server/hooks/processor.ts';
import type { DeliveryRow } from '../../../server/store/deliveries.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import { eventually } from '../../support/eventually.ts';
import type { TestServer } from '../../support/server.ts';
import { DOCKERFILE, HookedServer } from './support/hooked-server.ts';
import { send, stamped } from './support/sender.ts';

const DIGEST = `sha256:${'c'.repeat(64)}`;
const IMAGE = `ghcr.io/acme/shop@${DIGEST}`;

function waiting(appId: string, hook: { id: string; actor_id: string }) {
  const body = Buffer.from('{}');
  return {
    appId,
    hookId: hook.id,
    address: '192.0.2.1',
    sentId: undefined,
    headers: {},
    body,
    bodyHash: body,
    state: 'pending' as const,
    reason: undefined,
    status: 202,
    personId: hook.actor_id,
  };
}

test('what was accepted before a crash is done by the next server, once', async () => {
  const { hooked, commit } = await rig();
  const { server, app } = hooked;
  const stored = (): DeliveryRow[] => server.context.store.deliveries.page(app.id, undefined, 1_000, 10);
  const hook = server.context.store.hooks.of(app.id)[0];
  if (!hook) throw new Error('no hook');
  // As a server leaves it that dies after the answer and before the work; and after the work, before it is noted.
  const pending = (): void => {
    server.context.store.db.run(
      "UPDATE deliveries SET state = 'pending', build_id = NULL, finished_at = NULL WHERE id = ?",
      stored()[0]?.id ?? '',
    );
  };
  const body = Buffer.from(JSON.stringify({ sha: commit }));
  server.context.store.deliveries.create({
    appId: app.id,
    hookId: hook.id,
    address: '192.0.2.1',
    event: 'deploy',
    sentId: undefined,
    headers: {},
    body,
    bodyHash: body,
    wish: { deploy: { commit } },
    state: 'pending',
    reason: undefined,
    status: 202,
    personId: hook.actor_id,
  });
  for (let times = 0; times < 2; times++) {
    await server.close();
    await server.open();
    await eventually('the next server does it', () => stored()[0]?.state === 'done');
    expect(server.context.store.builds.newestNumber(app.id)).toBe(1);
    pending();
  }
});

test('of many that come at once the newest is built, and each of the others says which that is', async () => {
  const { hooked, hook, path } = await rig();
  const commits: string[] = [];
  for (let number = 0; number < 8; number++) {
    commits.push(
      await hooked.server.commit(hooked.app, { ...DOCKERFILE, 'n.txt': String(number) }, commits.at(-1)),
    );
  }
  // Held until all are there, as where the commits must be fetched first.
  const { operations } = hooked.server.context;
  const gate = Promise.withResolvers<void>();
  const original = operations.deployCommit.bind(operations);
  operations.deployCommit = async (...input) => {
    await gate.promise;
    return original(...input);
  };
  const told = [];
  for (const [number, commit] of commits.entries()) {
    const body = JSON.stringify({ sha: commit });
    told.push(await send(hooked.port, path, body, stamped(hook.secret, body, { id: `msg_${number}` })));
  }
  gate.resolve();
  const ended = await Promise.all(told.map((one) => hooked.ended(one)));
  expect(ended.map(({ state }) => state)).toEqual(['done', ...Array<string>(6).fill('ignored'), 'done']);
  const last = ended.at(-1);
  expect(ended[3]?.reason).toMatchObject({
    code: 'delivery_superseded',
    message: expect.stringContaining(last?.id ?? ''),
  });
  expect(hooked.server.context.store.builds.open()).toMatchObject([{ commit_id: commits.at(-1) }]);
});

test('a commit that is live is not built again', async () => {
  const { hooked, hook, path, commit } = await rig();
  await hooked.server.deploy(hooked.app, commit, 'sha256:one');
  await hooked.server.settled(hooked.app);
  const body = JSON.stringify({ sha: commit });
  const told = await send(hooked.port, path, body, stamped(hook.secret, body));
  expect(await hooked.ended(told)).toMatchObject({ state: 'ignored', reason: { code: 'live_already' } });
});

test('what others are away for is tried again; what cannot be has failed at once', async () => {
  const { hooked } = await rig();
  const { store } = hooked.server.context;
  const hook = store.hooks.of(hooked.app.id)[0];
  if (!hook) throw new Error('no hook');
  const away = new Refusal(502, 'registry_unreachable', 'it is away');
  const outcomes: (Error | undefined)[] = [
    away,
    new Error('unforeseen'),
    undefined,
    new Refusal(404, 'source_ref', 'no'),
  ];
  const processor = new DeliveryProcessor({
    store,
    log: pino({ level: 'silent' }),
    pauses: [1, 1, 1],
    deploy: async ({ id }) => {
      const outcome = outcomes.shift();
      if (outcome) throw outcome;
      store.deliveries.finish(id, 'done', {});
    },
  });
  onTestFinished(() => processor.stop());
  const deliver = (): string => {
    const body = Buffer.from('{}');
    return store.deliveries.create({
      appId: hooked.app.id,
      hookId: hook.id,
      address: '192.0.2.1',
      event: 'deploy',
      sentId: undefined,
      headers: {},
      body,
      bodyHash: body,
      wish: { deploy: { ref: 'main' } },
      state: 'pending',
      reason: undefined,
      status: 202,
      personId: hook.actor_id,
    }).id;
  };
  const first = deliver();
  processor.wake(hooked.app.id);
  await eventually('the third time', () => store.deliveries.require(first).state === 'done');
  expect(store.deliveries.require(first).attempts).toBe(3);
  const second = deliver();
  processor.wake(hooked.app.id);
  await eventually('at once', () => store.deliveries.require(second).state === 'failed');
  expect(store.deliveries.require(second)).toMatchObject({ attempts: 1, reason: { code: 'source_ref' } });
});

test('what is pending of an app that is destroyed meanwhile ends, and keeps nobody busy', async () => {
  const { hooked } = await rig();
  const { store } = hooked.server.context;
  const hook = store.hooks.of(hooked.app.id)[0];
  if (!hook) throw new Error('no hook');
  const pending = (event: string, wish: DeliveryRow['wish'] & object): string =>
    store.deliveries.create({ ...waiting(hooked.app.id, hook), event, wish }).id;
  const id = pending('deploy', { deploy: { ref: 'main' } });
  store.apps.markDestroyed(hooked.app.id);
  hooked.server.context.deliveries.wake(hooked.app.id);
  await eventually('it has ended', () => store.deliveries.require(id).state === 'failed');
  expect(store.deliveries.require(id).reason?.code).toBe('app_destroyed');
});

test('the end of an older commit’s run takes nothing back; asked for again by a person it does', async () => {
  const { hooked, commit: older } = await rig();
  const { server, app } = hooked;
  const { store, deliveries } = server.context;
  const newer = await server.commit(app, { ...DOCKERFILE, 'n.txt': 'newer' }, older);
  await server.deploy(app, newer, 'sha256:newer');
  await server.settled(app);
  const hook = store.hooks.of(app.id)[0];
  if (!hook) throw new Error('no hook');
  const wish = { deploy: { commit: older } };
  const late = store.deliveries.create({ ...waiting(app.id, hook), event: 'workflow_run', wish }).id;
  deliveries.wake(app.id);
  await eventually('it has ended', () => store.deliveries.require(late).state !== 'pending');
  expect(store.deliveries.require(late)).toMatchObject({
    state: 'ignored',
    reason: { code: 'older_than_live' },
  });
  const asked = { ...waiting(app.id, hook), event: 'workflow_run', wish, redeliveryOf: late };
  const again = store.deliveries.create(asked).id;
  deliveries.wake(app.id);
  await eventually('it has ended, too', () => store.deliveries.require(again).state !== 'pending');
  expect(store.deliveries.require(again).state).toBe('done');
});

test('when the newest cannot be done, the one before it is', async () => {
  const { hooked, commit } = await rig();
  const { store, deliveries } = hooked.server.context;
  const hook = store.hooks.of(hooked.app.id)[0];
  if (!hook) throw new Error('no hook');
  const pending = (wish: DeliveryRow['wish'] & object): string =>
    store.deliveries.create({ ...waiting(hooked.app.id, hook), event: 'deploy', wish }).id;
  const good = pending({ deploy: { commit } });
  const bad = pending({ deploy: { commit: 'ab'.repeat(20) } });
  deliveries.wake(hooked.app.id);
  await eventually('both have ended', () => store.deliveries.pending(hooked.app.id).length === 0);
  expect(store.deliveries.require(bad)).toMatchObject({ state: 'failed', reason: { code: 'not_linked' } });
  expect(store.deliveries.require(good)).toMatchObject({ state: 'done' });
});

test('an image by its digest is released without a build, by every step of the canary', async () => {
  const { hooked, hook, path } = await rig();
  const { server, app } = hooked;
  const commit = await server.commit(app, {
    ...DOCKERFILE,
    'sluice.yaml': 'canary: {steps: [10], bake: 60s}\n',
    Procfile: 'web: serve\n',
  });
  const build = await server.push(app, commit);
  await server.build(build, 'sha256:one');
  await server.context.followEnd(build.id, 'live');
  server.engine.registry.set(IMAGE, { exposedPorts: [7000], user: '1001' });
  const body = JSON.stringify({ image: `ghcr.io/acme/shop:v2@${DIGEST}` });
  const told = await send(hooked.port, path, body, stamped(hook.secret, body));
  expect(await hooked.ended(told)).toMatchObject({
    state: 'done',
    release: 2,
    url: '/v1/apps/shop/releases/2',
  });
  const { store } = server.context;
  const release = store.releases.byNumber(app.id, 2);
  expect(release).toMatchObject({
    source: 'image',
    image: IMAGE,
    image_user: '1001',
    commit_id: null,
    build_id: null,
    port: 7000,
    manifest: { processes: { web: { command: 'serve' } } },
  });
  const rollout = await eventually('its canary', () => {
    const row = store.rollouts.byRelease(release?.id ?? '');
    return row?.state === 'canary' && row;
  });
  expect(store.rollouts.events(rollout.id).map(({ text }) => text)).toContain(
    'main stays where it is: this release is an image, and has no commit',
  );
  expect(await server.context.repositories.branch(app.id, 'main')).toBe(commit);
});

test('releases:create takes an image, and a config change, a rollback and the engine keep it', async () => {
  const { hooked } = await rig();
  const { server, app } = hooked;
  server.engine.registry.set(IMAGE, { exposedPorts: [], user: '1001' });
  const made = await hooked.api('POST', '/v1/apps/shop/releases', { image: IMAGE });
  expect(made).toMatchObject({ status: 202, body: { number: 1, source: 'image', image: IMAGE } });
  await isLive(server, app, 1);
  await server.context.operations.setConfig(server.alice, app, { A: 'b' }, { now: true });
  await isLive(server, app, 2);
  const { store } = server.context;
  expect(store.releases.byNumber(app.id, 2)).toMatchObject({
    source: 'config',
    image: IMAGE,
    image_user: '1001',
    port: 8080,
  });
  expect(server.context.operations.liveSpec(store.apps.require(app.id))).toMatchObject({
    image: IMAGE,
    user: '1001',
  });
  await server.context.operations.rollback(server.alice, app, 1);
  await isLive(server, app, 3);
  expect(store.releases.byNumber(app.id, 3)).toMatchObject({ source: 'rollback', image_user: '1001' });
});

test.each([
  ['a tag', 'ghcr.io/acme/shop:v2', 422, 'image_without_digest'],
  ['a host that no admin allows', `10.0.0.5:5000/shop@${DIGEST}`, 422, 'image_host_refused'],
  ['one that is not there', `ghcr.io/acme/none@${DIGEST}`, 404, 'image_not_found'],
])('refused: %s', async (_what, image, status, code) => {
  const { hooked } = await rig();
  expect(await hooked.api('POST', '/v1/apps/shop/releases', { image })).toMatchObject({
    status,
    body: { reason: { code } },
  });
  expect(hooked.server.context.store.releases.byNumber(hooked.app.id, 1)).toBeUndefined();
});

test('an image takes over from builds that were accepted before it', async () => {
  const { hooked, commit } = await rig();
  const { server, app } = hooked;
  const build = await server.push(app, commit);
  server.engine.registry.set(IMAGE, { exposedPorts: [], user: '1001' });
  await hooked.api('POST', '/v1/apps/shop/releases', { image: IMAGE });
  expect(server.context.store.builds.require(build.id)).toMatchObject({
    state: 'superseded',
    reason: { code: 'superseded' },
  });
});

test('bodies, rows and what was seen are let go by age and by number', async () => {
  const { hooked, hook, path } = await rig();
  const { store } = hooked.server.context;
  for (let number = 0; number < 5; number++) {
    const body = JSON.stringify({ sha: 'a'.repeat(40) });
    await hooked.ended(
      await send(hooked.port, path, body, stamped(hook.secret, body, { id: `msg_${number}` })),
    );
  }
  const long = Number.MAX_SAFE_INTEGER;
  store.deliveries.letGo(Date.now(), { bodyMs: long, bodies: 2, rowMs: long, rows: 4, seen: 3 });
  expect((await hooked.deliveries()).map(({ kept }) => kept)).toEqual([true, true, false, false]);
  const id = (await hooked.deliveries()).at(-1)?.id ?? '';
  expect(await hooked.api('POST', `/v1/apps/shop/deliveries/${id}/redeliver`)).toMatchObject({
    status: 410,
    body: { reason: { code: 'delivery_body_gone' } },
  });
  expect(store.db.get<{ n: number }>('SELECT count(*) AS n FROM deliveries_seen')?.n).toBe(3);
  store.deliveries.letGo(Date.now() + 3_600_000, { bodyMs: 0, bodies: 9, rowMs: 0, rows: 9, seen: 9 });
  expect(await hooked.deliveries()).toEqual([]);
  expect(store.db.get<{ n: number }>('SELECT count(*) AS n FROM deliveries_seen')?.n).toBe(0);
});

async function isLive({ context }: TestServer, app: AppRow, number: number): Promise<void> {
  const { store } = context;
  await eventually(`v${number} is live`, () => {
    const live = store.apps.require(app.id).live_release_id;
    return live !== null && store.releases.require(live).number === number;
  });
}

async function rig() {
  const hooked = await HookedServer.start();
  const hook = await hooked.hook('generic');
  const commit = await hooked.server.commit(hooked.app, DOCKERFILE);
  return { hooked, hook, path: hooked.pathOf(hook), commit };
}
