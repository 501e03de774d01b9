import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { letRowsGo } from '../../../server/retention/let-go.ts';
import type { Store } from '../../../server/store/store.ts';
import { eventually } from '../../support/eventually.ts';
import { DOCKERFILE, HookedServer } from './support/hooked-server.ts';
import { githubPing, githubPush, gitlabPush } from './support/payloads.ts';
import { asGithub, send, stamped } from './support/sender.ts';

test('GitHub: a push of a commit that is here becomes a build, and is told by its address', async () => {
  const { hooked, hook, path, commit } = await rig('github');
  const body = JSON.stringify(githubPush({ after: commit }));
  const told = await send(hooked.port, path, body, asGithub(hook.secret, 'push', body));
  expect(told).toMatchObject({
    status: 202,
    body: {
      event: 'push',
      url: expect.stringMatching(
        /^https:\/\/deploy\.example\.test\/v1\/apps\/shop\/deliveries\/[a-z0-9]{16}$/,
      ),
      repeated: false,
    },
  });
  expect(told.headers['location']).toBe(told.body['url']);
  expect(await hooked.ended(told)).toMatchObject({ state: 'done', build: 1 });
  const [build] = hooked.server.context.store.builds.open();
  expect(build).toMatchObject({ number: 1, commit_id: commit, source: 'hook', state: 'queued' });
  expect(await hooked.delivery(told.body['delivery'])).toMatchObject({
    hook: 'github',
    state: 'done',
    build: 1,
    url: '/v1/apps/shop/builds/1',
    sentId: 'a-guid',
    address: '127.0.0.1',
    kept: true,
  });
});

test('GitHub: the same signed body again is answered with the same build, whatever else of it differs', async () => {
  const { hooked, hook, path, commit } = await rig('github');
  const body = JSON.stringify(githubPush({ after: commit }));
  const first = await send(hooked.port, path, body, asGithub(hook.secret, 'push', body, 'one'));
  await hooked.ended(first);
  const again = await send(hooked.port, path, body, asGithub(hook.secret, 'push', body, 'another'));
  const asOther = await send(hooked.port, path, body, asGithub(hook.secret, 'release', body, 'a-third'));
  for (const repeat of [again, asOther]) {
    expect(repeat).toMatchObject({
      status: 200,
      body: {
        delivery: first.body['delivery'],
        build: { number: 1, url: 'https://deploy.example.test/v1/apps/shop/builds/1' },
        repeated: true,
      },
    });
  }
  expect(hooked.server.context.store.builds.newestNumber(hooked.app.id)).toBe(1);
  expect(await hooked.deliveries()).toMatchObject([{ repeats: 2 }]);
});

test.each([
  ['by age', (store: Store) => letRowsGo({ store }, Date.now() + 91 * DAY_MS)],
  ['by number', (store: Store) => store.deliveries.letGo(Date.now(), { ...KEPT, rows: 0 })],
])(
  'GitHub: a push whose delivery was let go %s is still a repeat, and takes nothing back',
  async (_how, letGo) => {
    const { hooked, hook, path, commit } = await rig('github');
    const { server, app } = hooked;
    const body = JSON.stringify(githubPush({ after: commit }));
    const first = await send(hooked.port, path, body, asGithub(hook.secret, 'push', body));
    await hooked.ended(first);
    const { store } = server.context;
    const [build] = store.builds.open();
    if (!build) throw new Error('no build');
    await server.build(build, 'sha256:one');
    await server.context.followEnd(build.id, 'live');
    const newer = await server.commit(app, { ...DOCKERFILE, 'a.txt': 'newer' }, commit);
    await server.deploy(app, newer, 'sha256:two');
    letGo(store);
    expect(store.deliveries.byId(String(first.body['delivery']))).toBeUndefined();
    const again = await send(hooked.port, path, body, asGithub(hook.secret, 'push', body));
    expect(again).toMatchObject({
      status: 200,
      body: {
        delivery: first.body['delivery'],
        state: 'ignored',
        event: 'push',
        url: 'https://deploy.example.test/v1/apps/shop/deliveries',
        reason: { code: 'delivery_forgotten' },
        repeated: true,
      },
    });
    expect(store.deliveries.page(app.id, undefined, 1_000, 10)).toEqual([]);
    expect(store.builds.newestNumber(app.id)).toBe(2);
  },
);

test('GitLab: by its signing token, by its secret token, and by none', async () => {
  const { hooked, hook, path, commit } = await rig('gitlab');
  const signed = JSON.stringify(gitlabPush({ after: commit }));
  const told = await send(hooked.port, path, signed, stamped(hook.secret, signed));
  expect(await hooked.ended(told)).toMatchObject({ state: 'done', build: 1 });
  const plain = JSON.stringify(gitlabPush({ after: commit, total_commits_count: 2 }));
  const token = { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': hook.secret };
  expect(await send(hooked.port, path, plain, token)).toMatchObject({ status: 202 });
  expect(await send(hooked.port, path, plain, { 'x-gitlab-token': `${hook.secret}x` })).toMatchObject(WRONG);
  expect(await send(hooked.port, path, plain, {})).toMatchObject(WRONG);
  // With a signature, that one counts: the token beside it is what a thief would have.
  const both = { ...stamped(`whsec_${'A'.repeat(44)}`, plain), ...token };
  expect(await send(hooked.port, path, plain, both)).toMatchObject(WRONG);
});

test('ours: a commit, signed with its time', async () => {
  const { hooked, hook, path, commit } = await rig('generic');
  const body = JSON.stringify({ sha: commit });
  const told = await send(hooked.port, path, body, stamped(hook.secret, body));
  expect(told).toMatchObject({ status: 202, body: { event: 'deploy' } });
  expect(await hooked.ended(told)).toMatchObject({ state: 'done', build: 1 });
  expect((await hooked.api('GET', '/v1/apps/shop/builds/1')).body).toMatchObject({
    source: 'hook',
    person: 'generic (hook)',
  });
});

test('ours: an id used again is harmless with the same body, and refused with another', async () => {
  const { hooked, hook, path, commit } = await rig('generic');
  const body = JSON.stringify({ sha: commit });
  const headers = stamped(hook.secret, body);
  const first = await send(hooked.port, path, body, headers);
  const later = stamped(hook.secret, body, { at: Date.now() + 5_000 });
  for (const same of [headers, later]) {
    expect(await send(hooked.port, path, body, same)).toMatchObject({
      status: 200,
      body: { delivery: first.body['delivery'], repeated: true },
    });
  }
  const other = JSON.stringify({ ref: 'main' });
  expect(await send(hooked.port, path, other, stamped(hook.secret, other))).toMatchObject({
    status: 409,
    body: { reason: { code: 'delivery_id_used' } },
  });
  expect(hooked.server.context.store.builds.newestNumber(hooked.app.id)).toBe(1);
});

test.each([
  ['six minutes ago', -360_000],
  ['in six minutes', 360_000],
])('ours: a message signed %s is refused, also the first time', async (_when, offset) => {
  const { hooked, hook, path, commit } = await rig('generic');
  const body = JSON.stringify({ sha: commit });
  const told = await send(hooked.port, path, body, stamped(hook.secret, body, { at: Date.now() + offset }));
  expect(told).toMatchObject({ status: 400, body: { reason: { code: 'hook_message_stale' } } });
  expect(await hooked.deliveries()).toEqual([]);
  const { body: shown } = await hooked.api('GET', '/v1/apps/shop/hooks/generic');
  expect(shown).toMatchObject({ lastRefused: { code: 'hook_message_stale' } });
});

test('a wrong signature, none, a body changed, and a hook that is not there are told the same', async () => {
  const { hooked, hook, path, commit } = await rig('github');
  const body = JSON.stringify(githubPush({ after: commit }));
  const right = asGithub(hook.secret, 'push', body);
  const { 'x-hub-signature-256': _none, ...unsigned } = right;
  const told = [
    await send(hooked.port, path, body, asGithub('whsec_other', 'push', body)),
    await send(hooked.port, path, body, unsigned),
    await send(hooked.port, path, `${body} `, right),
    await send(hooked.port, '/v1/hooks/0123456789abcdef', body, right),
    await send(hooked.port, '/v1/hooks/%00', body, right),
  ];
  for (const one of told) {
    expect(one).toMatchObject(WRONG);
    expect(one.body).toEqual(told[0]?.body);
  }
  expect(await hooked.deliveries()).toEqual([]);
});

test("what is signed for one app's hook opens no other", async () => {
  const { hooked, hook, commit } = await rig('github');
  await hooked.server.app('other');
  const { body: made } = await hooked.api('POST', '/v1/apps/other/hooks', { kind: 'github' });
  const other = new URL((made as { url: string }).url).pathname;
  const body = JSON.stringify(githubPush({ after: commit }));
  expect(await send(hooked.port, other, body, asGithub(hook.secret, 'push', body))).toMatchObject(WRONG);
  const { body: shown } = await hooked.api('GET', `/v1/apps/other/hooks/${hook.id}`);
  expect(shown).toMatchObject({ reason: { code: 'hook_not_found' } });
});

test('a commit that is in another app only is not found', async () => {
  const { hooked, hook, path } = await rig('generic');
  const other = await hooked.server.app('other');
  const theirs = await hooked.server.commit(other, { ...DOCKERFILE, 'a.txt': 'theirs' });
  const body = JSON.stringify({ sha: theirs });
  const told = await send(hooked.port, path, body, stamped(hook.secret, body));
  expect(await hooked.ended(told)).toMatchObject({ state: 'failed', reason: { code: 'not_linked' } });
});

test('right signatures over what cannot be used are journalled, and say what is wrong', async () => {
  const { hooked, hook, path } = await rig('generic');
  const bad = '{"ref": ';
  const headers = stamped(hook.secret, bad);
  const refusal = { status: 400, body: { reason: { code: 'hook_body_not_json' } } };
  expect(await send(hooked.port, path, bad, headers)).toMatchObject(refusal);
  expect(await send(hooked.port, path, bad, headers)).toMatchObject(refusal);
  const tag = JSON.stringify({ image: 'ghcr.io/acme/shop:v2' });
  expect(await send(hooked.port, path, tag, stamped(hook.secret, tag, { id: 'msg_2' }))).toMatchObject({
    status: 422,
    body: { reason: { code: 'image_without_digest', hint: expect.stringContaining('@sha256:') } },
  });
  expect(await hooked.deliveries()).toMatchObject([
    { state: 'failed', status: 422, reason: { code: 'image_without_digest' } },
    { state: 'failed', status: 400, reason: { code: 'hook_body_not_json' }, repeats: 1 },
  ]);
});

test('a ping and an event that deploys nothing are taken, and say so', async () => {
  const { hooked, hook, path } = await rig('github');
  const ping = JSON.stringify(githubPing);
  expect(await send(hooked.port, path, ping, asGithub(hook.secret, 'ping', ping))).toMatchObject({
    status: 200,
    body: { state: 'ignored', reason: { code: 'ping' } },
  });
  const star = JSON.stringify({ action: 'created' });
  expect(await send(hooked.port, path, star, asGithub(hook.secret, 'star', star))).toMatchObject({
    status: 200,
    body: { state: 'ignored', reason: { code: 'event_unknown' } },
  });
});

test('a body beyond the limit is refused by its length alone, and while it comes', async () => {
  const { hooked, path } = await rig('github');
  const byLength = await raw(hooked.port, [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    'Content-Length: 1048577',
    '',
    '',
  ]);
  expect(byLength).toMatch(/^HTTP\/1\.1 413 [^]*Connection: close[^]*body_too_large/);
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  const byChunks = await raw(
    hooked.port,
    [`POST ${path} HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked', '', ''],
    chunk.repeat(17),
  );
  expect(byChunks).toMatch(/^HTTP\/1\.1 413 [^]*body_too_large/);
});

test('a body that does not come is not waited for', { timeout: 20_000 }, async () => {
  const { hooked, path } = await rig('github');
  const begun = performance.now();
  const answer = await raw(hooked.port, [`POST ${path} HTTP/1.1`, 'Host: x', 'Content-Length: 100', '', '{']);
  expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*body_too_slow/);
  expect(performance.now() - begun).toBeGreaterThan(9_000);
  expect(performance.now() - begun).toBeLessThan(14_000);
});

test('nothing but hooks is at that port', async () => {
  const { hooked, hook } = await rig('github');
  for (const path of [
    `${hooked.pathOf(hook)}/`,
    `/V1${hooked.pathOf(hook).slice(3)}`,
    '/v1/apps',
    '/internal/attempts/claim',
    '/v1/setup',
    '/v1/openapi.json',
  ]) {
    expect(await send(hooked.port, path, '{}', { 'content-type': 'application/json' })).toMatchObject({
      status: 404,
    });
  }
});

test('they are taken where the API is, too', async () => {
  const { hooked, hook, path, commit } = await rig('generic');
  const body = JSON.stringify({ sha: commit });
  const { serverSocket: socketPath } = hooked.server.context.settings.paths;
  const { request } = await import('node:http');
  const status = await new Promise((resolve, reject) => {
    const asked = request(
      { socketPath, path, method: 'POST', headers: stamped(hook.secret, body) },
      (answer) => resolve(answer.resume().statusCode),
    );
    asked.on('error', reject).end(body);
  });
  expect(status).toBe(202);
});

test('a proxy that is trusted says who sends; nobody else does', async () => {
  const told = async (proxies: string): Promise<string | undefined> => {
    const { hooked, hook, path } = await rig('github', { SLUICE_HOOKS_PROXIES: proxies });
    const ping = JSON.stringify(githubPing);
    const headers = { ...asGithub(hook.secret, 'ping', ping), 'x-forwarded-for': '10.9.9.9, 198.51.100.7' };
    await send(hooked.port, path, ping, headers);
    return (await hooked.deliveries())[0]?.address;
  };
  expect(await told('127.0.0.0/8')).toBe('198.51.100.7');
  expect(await told('192.0.2.0/24')).toBe('127.0.0.1');
});

test('wrong signatures of one address are told to wait, and right ones are served all the same', async () => {
  const { hooked, hook, path } = await rig('github');
  const statuses = new Set<number>();
  for (let time = 0; time < 62; time++) statuses.add((await send(hooked.port, path, '{}')).status);
  expect([...statuses]).toEqual([401, 429]);
  const limited = await send(hooked.port, path, '{}');
  expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
  const ping = JSON.stringify(githubPing);
  expect((await send(hooked.port, path, ping, asGithub(hook.secret, 'ping', ping))).status).toBe(200);
});

test('rotated: the new secret opens, the old one only for as long as was said', async () => {
  const { hooked, hook, path } = await rig('github');
  const ping = JSON.stringify(githubPing);
  const by = async (secret: string): Promise<number> =>
    (await send(hooked.port, path, ping, asGithub(secret, 'ping', ping))).status;
  const rotate = async (keepSeconds: number): Promise<string> => {
    const { body } = await hooked.api('POST', `/v1/apps/shop/hooks/github/rotate`, { keepSeconds });
    return (body as { secret: string }).secret;
  };
  const second = await rotate(3_600);
  expect([await by(hook.secret), await by(second)]).toEqual([200, 200]);
  const third = await rotate(0);
  expect([await by(hook.secret), await by(second), await by(third)]).toEqual([401, 401, 200]);
});

test('a secret of the sender is taken as it is, and a weak one refused', async () => {
  const { hooked, path } = await rig('gitlab');
  const secret = 'glpat-of-the-project-0123';
  const rotate = (own: string) => hooked.api('POST', '/v1/apps/shop/hooks/gitlab/rotate', { secret: own });
  for (const weak of ['short', 'with a blank in the middle', 'whsec_AAAAAAAAAAAAAAA', 'x'.repeat(257)]) {
    const { status, body } = await rotate(weak);
    expect({ weak, status }).toEqual({ weak, status: 422 });
    expect(JSON.stringify(body)).not.toContain(weak);
  }
  expect((await rotate(secret)).status).toBe(200);
  const body = JSON.stringify({ object_kind: 'note' });
  const by = async (token: string): Promise<number> =>
    (await send(hooked.port, path, body, { 'x-gitlab-event': 'Note Hook', 'x-gitlab-token': token })).status;
  expect(await by(`${secret}x`)).toBe(401);
  expect(await by(secret)).toBeLessThan(300);
});

test('switched off it takes nothing; removed it is not there', async () => {
  const { hooked, hook, path } = await rig('github');
  const ping = JSON.stringify(githubPing);
  const sent = async (): Promise<string | number> => {
    const { status, body } = await send(hooked.port, path, ping, asGithub(hook.secret, 'ping', ping));
    return body.reason?.code ?? status;
  };
  await hooked.api('PATCH', '/v1/apps/shop/hooks/github', { enabled: false });
  expect(await sent()).toBe('hook_resting');
  await hooked.api('PATCH', '/v1/apps/shop/hooks/github', { enabled: true });
  expect(await sent()).toBe('ping');
  expect((await hooked.api('DELETE', '/v1/apps/shop/hooks/github')).status).toBe(204);
  expect(await sent()).toBe('hook_signature_wrong');
});

test('the secret is in the answer of that once, and sealed in the journal', async () => {
  const { hooked, hook } = await rig('github');
  expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const { body } = await hooked.api('GET', '/v1/apps/shop/hooks');
  expect(JSON.stringify(body)).not.toContain(hook.secret);
  const { db } = hooked.server.context.store;
  for (const { name } of db.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    for (const row of db.all(`SELECT * FROM "${name}"`)) {
      const shown = Object.values(row).map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value),
      );
      expect(shown.join('\n')).not.toContain(hook.secret);
    }
  }
});

test('processed again by a person: the kept body, as a delivery of its own', async () => {
  const { hooked, hook, path, commit } = await rig('generic');
  const missing = JSON.stringify({ sha: 'a'.repeat(40) });
  const first = await send(hooked.port, path, missing, stamped(hook.secret, missing));
  const again = await hooked.api(
    'POST',
    `/v1/apps/shop/deliveries/${String(first.body['delivery'])}/redeliver`,
  );
  expect(again).toMatchObject({ status: 202, body: { redeliveryOf: first.body['delivery'] } });
  const { id } = again.body as { id: string };
  await eventually('it has ended', async () => (await hooked.delivery(id)).state === 'failed');
  const body = JSON.stringify({ sha: commit });
  const good = await send(hooked.port, path, body, stamped(hook.secret, body, { id: 'msg_3' }));
  expect(await hooked.ended(good)).toMatchObject({ build: 1 });
});

const WRONG = { status: 401, body: { reason: { code: 'hook_signature_wrong' } } };

const DAY_MS = 24 * 3_600_000;

const KEPT = { bodyMs: DAY_MS, bodies: 9, rowMs: DAY_MS, rows: 9, seen: 9 };

async function rig(kind: 'github' | 'gitlab' | 'generic', environment: Record<string, string> = {}) {
  const hooked = await HookedServer.start(environment);
  const hook = await hooked.hook(kind);
  const commit = await hooked.server.commit(hooked.app, DOCKERFILE);
  return { hooked, hook, path: hooked.pathOf(hook), commit };
}

/** Bytes as they are, and what is answered until the connection ends. */
async function raw(port: number, head: readonly string[], more = ''): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(head.join('\r\n') + more);
  return text(socket);
}
