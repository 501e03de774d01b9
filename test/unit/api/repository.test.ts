import { beforeEach, describe, expect, test } from 'vitest';
import { Refusal } from '../../../core/reason.ts';
import { distribute } from '../../../server/outgoing/distribute.ts';
import type { AppRow } from '../../../server/store/apps.ts';
import type { PersonRow } from '../../../server/store/people.ts';
import { COMMIT, makeBuild } from './support/rows.ts';
import { type Platform, startPlatform } from './support/platform.ts';

let platform: Platform;
let olga: PersonRow;
let app: AppRow;
const AT = '/v1/apps/shop/repository';

beforeEach(async () => {
  platform = await startPlatform();
  olga = platform.person('olga');
  app = platform.app('shop', olga);
});

describe('a linked repository', () => {
  test('by SSH has a deploy key of its own, whose private half nobody sees, and is tried at once', async () => {
    await platform.as(olga).get(AT).expect(404);
    const { body } = await platform
      .as(olga)
      .put(AT)
      .send({ url: 'git@github.com:acme/shop.git' })
      .expect(200);
    expect(body).toMatchObject({
      url: 'ssh://git@github.com/acme/shop.git',
      branch: 'main',
      provider: 'github',
      login: 'deploy-key',
      publicKey: expect.stringMatching(/^ssh-ed25519 [\w+/=]+ sluice\/shop$/),
      statuses: false,
      person: 'olga',
      check: { ok: false, reason: { code: 'source_login' } },
    });
    expect(JSON.stringify(body)).not.toContain('PRIVATE');
    const { check, ...linked } = body as { check: object };
    expect((await platform.as(olga).get(AT).expect(200)).body).toEqual(linked);
    expect((await platform.as(olga).post(`${AT}/check`).expect(200)).body).toEqual(check);
    const kept = platform.store.linkedRepositories.of(app.id);
    expect(kept?.secrets.deployKey).toContain('BEGIN OPENSSH PRIVATE KEY');
    expect(platform.events().at(-1)).toMatchObject({
      action: 'repository.link',
      detail: { url: 'ssh://git@github.com/acme/shop.git', branch: 'main' },
    });
  });

  test('says nothing of its token when the other side quotes it', async () => {
    const token = 'glpat-0123456789';
    const url = 'https://gitlab.com/acme/shop.git';
    const quoted = new Refusal(422, 'source_unreachable', 'it did not answer', undefined, [
      `fatal: ${token} has no access`,
    ]);
    platform.look.mockRejectedValue(quoted);
    const { body } = await platform.as(olga).put(AT).send({ url, token }).expect(200);
    expect(body.check.reason.detail).toEqual(['fatal: [LINK_TOKEN] has no access']);
    const checked = await platform.as(olga).post(`${AT}/check`).expect(200);
    expect(checked.body.reason.detail).toEqual(['fatal: [LINK_TOKEN] has no access']);
  });

  test('keeps its keys when only its branch changes, and has new ones for another URL', async () => {
    const link = async (body: object): Promise<{ publicKey: string; branch: string; statuses: boolean }> =>
      (await platform.as(olga).put(AT).send(body).expect(200)).body as Awaited<ReturnType<typeof link>>;
    const first = await link({ url: 'git@github.com:acme/shop.git', statusToken: 'gh-token' });
    expect(first.statuses).toBe(true);
    const second = await link({ url: 'git@github.com:acme/shop.git', branch: 'live' });
    expect(second).toMatchObject({ publicKey: first.publicKey, branch: 'live', statuses: true });
    const third = await link({ url: 'git@github.com:acme/other.git' });
    expect(third.publicKey).not.toBe(first.publicKey);
    expect(third.statuses).toBe(false);
  });

  test('by https keeps its token where nobody sees it', async () => {
    const body = { url: 'https://gitlab.com/acme/shop.git', token: 'glpat-secret' };
    const answer = await platform.as(olga).put(AT).send(body).expect(200);
    expect(answer.body).toMatchObject({ login: 'token', provider: 'gitlab' });
    expect(JSON.stringify(answer.body) + JSON.stringify(platform.events())).not.toContain('glpat-secret');
    const { sealed } = platform.store.db.get<{ sealed: Uint8Array }>(
      'SELECT sealed FROM linked_repositories',
    ) ?? { sealed: Buffer.of() };
    expect(Buffer.from(sealed).toString('latin1')).not.toContain('glpat-secret');
    await platform.as(olga).delete(AT).expect(204);
    await platform.as(olga).get(AT).expect(404);
  });

  test.each([
    [{ url: 'https://alice:pass@github.com/a/b.git' }, 'holds a password'],
    [{ url: 'file:///etc' }, 'no URL of a repository'],
    [{ url: 'ext::sh -c id' }, 'no URL of a repository'],
    [{ url: '--upload-pack=touch' }, 'no URL of a repository'],
    [{ url: 'http://github.com/a/b' }, 'not https'],
    [{ url: 'git://github.com/a/b' }, 'no URL of a repository'],
    [{ url: 'https://github.com/' }, 'path of the URL is empty'],
    [{ url: 'https://github.com/a/b?x=y' }, 'holds a ?'],
    [{ url: 'https://github.com/a/b', branch: '-x' }, 'no name of a branch'],
    [{ url: 'https://github.com/a/b', branch: 'refs/pull/1/head' }, 'neither a branch nor a tag'],
    [{ url: 'git@github.com:a/b.git', token: 'x' }, 'a token opens nothing by SSH'],
    [{ url: 'https://git.example.com/a/b', statusToken: 'x' }, 'whose statuses'],
  ])('%j is refused', async (body, why) => {
    const answer = await platform.as(olga).put(AT).send(body).expect(422);
    expect(answer.body.reason.message).toContain(why);
    expect(platform.store.linkedRepositories.of(app.id)).toBeUndefined();
  });

  test('brings the commit of a build that is asked for', async () => {
    await platform
      .as(olga)
      .post('/v1/apps/shop/builds')
      .send({ fetch: { ref: 'v2' } })
      .expect(202);
    await platform.as(olga).post('/v1/apps/shop/builds').send({ fetch: {}, commit: COMMIT }).expect(202);
    expect(platform.fetched).toEqual([{ ref: 'v2' }, { commit: COMMIT }]);
    expect(platform.operations.calls.map(({ what }) => (what as { commit: string }).commit)).toEqual([
      '5e'.repeat(20),
      COMMIT,
    ]);
  });
});

describe('a verdict', () => {
  test('is told at once, or waited for', async () => {
    const build = makeBuild(platform.store, app, { person: olga, commit: COMMIT, source: 'api' });
    const at = `/v1/apps/shop/builds/${build.number}/verdict`;
    const { body } = await platform.as(olga).get(at).expect(200);
    expect(body).toMatchObject({ ended: false, ok: false, build: { number: build.number, state: 'queued' } });
    const waiting = platform
      .as(olga)
      .get(`${at}?wait=30&until=build`)
      .then((answer) => answer.body as object);
    await expect.poll(() => platform.follows.length).toBe(1);
    platform.store.builds.move(build.id, 'fail', { reason: { code: 'test_failed', message: 'no' } });
    platform.follows[0]?.over.resolve();
    expect(await waiting).toMatchObject({ ended: true, ok: false, reason: { code: 'test_failed' } });
    await platform.as(olga).get(`${at}?wait=61`).expect(422);
    await platform.as(platform.person('sam')).get(at).expect(404);
  });
});

describe('notifications', () => {
  const HOOKS = '/v1/apps/shop/notifications';

  test('are added with a secret that is shown once, listed, and removed', async () => {
    const body = { url: 'https://example.com/hook?key=abc', events: ['build.*', 'rollout.failed'] };
    const added = await platform.as(olga).post(HOOKS).send(body).expect(201);
    expect(added.body).toMatchObject({ ...body, secret: expect.stringMatching(/^whsec_[\w+/]{43}=$/) });
    const { secret: _secret, ...shown } = added.body as { secret: string; id: string };
    expect((await platform.as(olga).get(HOOKS).expect(200)).body).toEqual({ items: [shown] });
    expect(JSON.stringify(platform.events())).not.toMatch(/whsec_|key=abc/);
    await platform.as(olga).post(`${HOOKS}/${shown.id}/test`).expect(202);
    expect(platform.store.outgoing.fresh(9)).toMatchObject([{ type: 'ping', subject: shown.id }]);
    await platform.as(olga).delete(`${HOOKS}/${shown.id}`).expect(204);
    await platform.as(olga).delete(`${HOOKS}/${shown.id}`).expect(404);
  });

  test.each([
    ['http://example.com/', /not https/],
    ['https://inside.example.com/', /10\.0\.0\.1, which is not a public address/],
    ['https://169.254.169.254/latest', /not a public address/],
    ['ftp://example.com/', /ftp: is not asked/],
  ])('do not go to %s', async (url, why) => {
    const { body } = await platform.as(olga).post(HOOKS).send({ url }).expect(422);
    expect(body.reason.message).toMatch(why);
  });

  test('go inside where the admin says so, and know the names of events', async () => {
    await platform.as(olga).post(HOOKS).send({ url: 'http://127.0.0.1:9/' }).expect(201);
    await platform
      .as(olga)
      .post(HOOKS)
      .send({ url: 'http://127.0.0.1:9/', events: ['builds'] })
      .expect(422);
  });

  test('are sent again when somebody asks for it', async () => {
    await platform.as(olga).post(HOOKS).send({ url: 'https://example.com/' }).expect(201);
    const { items } = (await platform.as(olga).get(HOOKS).expect(200)).body as { items: { id: string }[] };
    await platform.as(olga).post(`${HOOKS}/${items[0]?.id}/test`).expect(202);
    for (const event of platform.store.outgoing.fresh(9)) distribute(platform.store, event);
    const LIST = '/v1/apps/shop/notification-deliveries';
    const sent = (await platform.as(olga).get(LIST).expect(200)).body as { items: { id: string }[] };
    expect(sent.items).toHaveLength(1);
    const again = await platform.as(olga).post(`${LIST}/${sent.items[0]?.id}/redeliver`).expect(202);
    expect(again.body.id).not.toBe(sent.items[0]?.id);
    expect(platform.events().at(-1)).toMatchObject({ action: 'notification.redeliver' });
  });

  test('of another app are not there', async () => {
    const added = await platform.as(olga).post(HOOKS).send({ url: 'https://example.com/' }).expect(201);
    platform.app('other', olga);
    const { id } = added.body as { id: string };
    await platform.as(olga).delete(`/v1/apps/other/notifications/${id}`).expect(404);
    await platform.as(olga).post(`/v1/apps/other/notifications/${id}/test`).expect(404);
    await platform.as(olga).post('/v1/apps/other/notification-deliveries/no/redeliver').expect(404);
  });
});
