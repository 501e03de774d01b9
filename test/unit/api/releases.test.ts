import { expect, test } from 'vitest';
import { COMMIT, makeBuild, makeRelease } from './support/rows.ts';
import { startPlatform } from './support/platform.ts';

async function shop() {
  const platform = await startPlatform();
  const olga = platform.person('olga');
  const app = platform.app('shop', olga);
  return { platform, olga, app, client: platform.as(olga) };
}

test('releases are listed newest first, and one of them is live', async () => {
  const { platform, olga, app, client } = await shop();
  const { store } = platform;
  makeRelease(store, app, { person: olga, build: makeBuild(store, app, { person: olga }), live: true });
  const failed = makeRelease(store, app, { person: olga, build: makeBuild(store, app, { person: olga }) });
  const reason = { code: 'health_check_failed', message: 'web never answered' };
  store.rollouts.move(store.rollouts.byRelease(failed.id)?.id ?? '', 'fail', { reason });
  const { body } = await client.get('/v1/apps/shop/releases').expect(200);
  expect(body.items).toEqual([
    expect.objectContaining({
      number: 2,
      build: 2,
      state: 'failed',
      live: false,
      reason,
      finishedAt: expect.any(String),
    }),
    expect.objectContaining({ number: 1, build: 1, state: 'live', live: true, commit: COMMIT }),
  ]);
  const { body: page } = await client.get('/v1/apps/shop/releases?limit=1').expect(200);
  const { body: next } = await client.get(`/v1/apps/shop/releases?limit=1&cursor=${page.next}`).expect(200);
  expect(next).toEqual({ items: [expect.objectContaining({ number: 1 })] });
});

test('a release shows its processes and which keys of the config it changed, never their values', async () => {
  const { platform, olga, app, client } = await shop();
  const { store } = platform;
  const first = store.configs.add(app, { KEPT: 'k', CHANGED: 'old-value', GONE: 'g' }, olga.id);
  const second = store.configs.add(app, { KEPT: 'k', CHANGED: 'new-value', NEW: 'secret-value' }, olga.id);
  makeRelease(store, app, { person: olga, configVersion: first, live: true });
  // What never went live is nothing to compare with.
  makeRelease(store, app, { person: olga, configVersion: second });
  makeRelease(store, app, { person: olga, configVersion: second, source: 'config' });
  const { body, text } = await client.get('/v1/apps/shop/releases/3').expect(200);
  expect(body).toMatchObject({
    number: 3,
    comparedWith: 1,
    processes: { web: '', worker: 'node worker.js' },
    configChanges: { added: ['NEW'], changed: ['CHANGED'], removed: ['GONE'] },
  });
  expect(text).not.toMatch(/secret-value|old-value|new-value/);
  const { body: one } = await client.get('/v1/apps/shop/releases/1').expect(200);
  expect(one.configChanges).toEqual({ added: ['CHANGED', 'GONE', 'KEPT'], changed: [], removed: [] });
  expect(one).not.toHaveProperty('comparedWith');
});

test('a release that is not there is refused with where to look', async () => {
  const { client } = await shop();
  const { body } = await client.get('/v1/apps/shop/releases/9').expect(404);
  expect(body.reason).toMatchObject({
    code: 'release_not_found',
    hint: expect.stringContaining('sluice releases -a shop'),
  });
});

test('a rollback is asked for with and without the release to go to, at once or by its canary steps', async () => {
  const { platform, olga, app, client } = await shop();
  makeRelease(platform.store, app, { person: olga, live: true });
  await client.post('/v1/apps/shop/rollback').expect(202);
  const { body } = await client.post('/v1/apps/shop/rollback').send({ release: 1 }).expect(202);
  expect(body).toMatchObject({ number: 3, source: 'rollback', rollbackOf: 1 });
  await client.post('/v1/apps/shop/rollback').send({ release: 2, canary: true }).expect(202);
  expect(platform.operations.calls.map(({ what }) => what)).toEqual([
    { number: undefined, canary: false },
    { number: 1, canary: false },
    { number: 2, canary: true },
  ]);
});

test('a rollback across a release command answers a warning', async () => {
  const { platform, olga, app, client } = await shop();
  const { store } = platform;
  for (let n = 0; n < 3; n++) makeRelease(store, app, { person: olga, live: true });
  store.rollouts.endPhase(store.rollouts.byRelease(store.releases.byNumber(app.id, 2)?.id ?? '')?.id ?? '');
  const { body } = await client.post('/v1/apps/shop/rollback').send({ release: 1 }).expect(202);
  expect(body.warnings).toEqual([expect.stringContaining('the release command of v2 ran after v1')]);
  const { body: later } = await client.post('/v1/apps/shop/rollback').send({ release: 2 }).expect(202);
  expect(later).not.toHaveProperty('warnings');
});

test('only what a rollback would take can be gone back to: was live, differs, and its image is kept', async () => {
  const { platform, olga, app, client } = await shop();
  const { store } = platform;
  const make = (image: string, live: boolean): void => {
    makeRelease(store, store.apps.require(app.id), { person: olga, image, live });
  };
  for (let number = 1; number <= 8; number++) make(`sha256:${number}`, true);
  make('sha256:8', true);
  make('sha256:9', false);
  const able: number[] = [];
  for (let number = 1; number <= 10; number++) {
    const { body } = await client.get(`/v1/apps/shop/releases/${number}`).expect(200);
    if (body.canGoBackTo === true) able.push(number);
  }
  expect(able).toEqual([3, 4, 5, 6, 7]);
});

test('a release tells how its rollout went, once that has ended', async () => {
  const { platform, olga, app, client } = await shop();
  const { rollouts } = platform.store;
  const release = makeRelease(platform.store, app, { person: olga });
  const { id = '' } = rollouts.byRelease(release.id) ?? {};
  rollouts.say(id, 'passed', 'passed: none of 10 requests failed');
  const { body: open } = await client.get('/v1/apps/shop/releases/1').expect(200);
  expect(open).not.toHaveProperty('verdict');
  rollouts.move(id, 'fail', { reason: { code: 'oom_killed', message: 'it used more than 512 MB' } });
  const { body } = await client.get('/v1/apps/shop/releases/1').expect(200);
  expect(body.verdict).toEqual({
    text: 'it used more than 512 MB',
    at: expect.stringMatching(/^\d{4}-.*Z$/),
  });
});

test('two releases are compared: values of config for those who may read it, those of secrets for nobody', async () => {
  const { platform, olga, app, client } = await shop();
  const { store } = platform;
  const first = store.configs.add(app, { A: '1', GONE: 'g', WAS_PLAIN: 'hidden-was', KEPT: 'k' }, olga.id);
  const secret = (value: string) => ({ value, secret: true });
  const entries = { A: '2', NEW: 'n', WAS_PLAIN: secret('hidden-was'), TOKEN: secret('hidden-t'), KEPT: 'k' };
  const second = store.configs.add(app, entries, olga.id);
  makeRelease(store, app, { person: olga, configVersion: first, live: true, image: 'sha256:one' });
  const build = makeBuild(store, app, { person: olga });
  makeRelease(store, app, { person: olga, configVersion: second, image: 'sha256:two', build });
  const { body, text } = await client.get('/v1/apps/shop/releases/1/diff/2').expect(200);
  expect(body).toEqual({
    from: 1,
    to: 2,
    items: [
      { what: 'commit', change: 'added', to: COMMIT },
      { what: 'image', change: 'changed', from: 'sha256:one', to: 'sha256:two' },
      { what: 'config', name: 'A', change: 'changed', from: '1', to: '2' },
      { what: 'config', name: 'GONE', change: 'removed', from: 'g' },
      { what: 'config', name: 'NEW', change: 'added', to: 'n' },
      { what: 'secret', name: 'TOKEN', change: 'added' },
      { what: 'secret', name: 'WAS_PLAIN', change: 'changed' },
    ],
  });
  const back = await client.get('/v1/apps/shop/releases/2/diff/1').expect(200);
  const vic = platform.as(platform.person('vic', { in: app, role: 'viewer' }));
  const seen = await vic.get('/v1/apps/shop/releases/1/diff/2').expect(200);
  expect(seen.body.items[2]).toEqual({ what: 'config', name: 'A', change: 'changed' });
  expect(text + back.text + seen.text).not.toContain('hidden');
  expect((await client.get('/v1/apps/shop/releases/2/diff/2')).body.items).toEqual([]);
  await client.get('/v1/apps/shop/releases/1/diff/9').expect(404);
});
