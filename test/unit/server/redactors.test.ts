import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { registryPasswords } from '../../../engines/kubernetes/registry/docker-config.ts';
import { generateSshKey } from '../../../server/git/openssh-key.ts';
import { platformSecrets } from '../../../server/redaction/platform-secrets.ts';
import { Redactors } from '../../../server/redaction/redactors.ts';
import { newId } from '../../../server/store/ids.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

function store(): Store {
  return new Store(':memory:', new Vault(Buffer.alloc(32, 7)));
}

function secret(value: string): { value: string; secret: true } {
  return { value, secret: true };
}

test('a secret is masked from the moment it is set, an old value too, and a plain value never', () => {
  const { apps, configs, people, redactors, targetId } = store();
  const person = people.create('alice', true);
  const app = apps.create('shop', person.id, targetId);
  const text = 'old-password new-password production';
  expect(redactors.of(app.id).text(text)).toBe(text);
  configs.add(app, { PASSWORD: secret('old-password'), MODE: 'production' }, person.id);
  expect(redactors.of(app.id).text(text)).toBe('[PASSWORD] new-password production');
  configs.add(app, { PASSWORD: secret('new-password') }, person.id);
  expect(redactors.of(app.id).text(text)).toBe('[PASSWORD] [PASSWORD] production');
  expect(redactors.of(app.id)).toBe(redactors.of(app.id));
  configs.add(app, { PASSWORD: secret('new-password'), MODE: 'test' }, person.id);
  expect(redactors.all.text(text)).toBe('[PASSWORD] [PASSWORD] production');
});

test('one app’s secrets are not masked for another, but are where no app is meant', () => {
  const { apps, configs, people, redactors, targetId } = store();
  const person = people.create('alice', true);
  const [shop, blog] = ['shop', 'blog'].map((name) => apps.create(name, person.id, targetId));
  if (!shop || !blog) throw new Error('no apps');
  configs.add(shop, { A: secret('shop-secret') }, person.id);
  configs.add(blog, { B: secret('blog-secret') }, person.id);
  expect(redactors.of(shop.id).text('shop-secret blog-secret')).toBe('[A] blog-secret');
  expect(redactors.all.text('shop-secret blog-secret')).toBe('[A] [B]');
});

test('a thousand apps are kept apart, and few of their redactors at once', () => {
  const secrets = new Map(
    Array.from({ length: 1_000 }, () => [newId(), [{ name: 'KEY', value: newId() }]] as const),
  );
  const redactors = new Redactors({
    secretsOf: ({ id }) => secrets.get(id) ?? [],
    changedSince: (mark) => ({ apps: mark.length > 0 ? [] : [...secrets.keys()], mark: [1] }),
  });
  const all = [...secrets.values()].map(([entry]) => entry?.value ?? '').join('\n');
  expect(redactors.all.text(all).replaceAll('[KEY]', '').trim()).toBe('');
  for (const [id, [entry]] of secrets) expect(redactors.of(id).text(entry?.value ?? '')).toBe('[KEY]');
});

test('what opens a linked repository, signs hooks and notifications, and is in their URLs is a secret, too', () => {
  const { apps, linkedRepositories, hooks, notifyEndpoints, people, redactors, targetId } = store();
  const person = people.create('alice', true);
  const app = apps.create('shop', person.id, targetId);
  const told =
    'glpat-0123456789 ghs-0123456789 hook-secret-1 whsec_c2VjcmV0c2VjcmV0 XXXXXXXXXXXXXXXXXXXXXXXX';
  const clean = '[LINK_TOKEN] [STATUS_TOKEN] [HOOK_SECRET] [NOTIFY_SECRET] [NOTIFY_URL]';
  expect(redactors.of(app.id).text(told)).toBe(told);
  linkedRepositories.put({
    app_id: app.id,
    url: 'https://gitlab.com/acme/shop.git',
    branch: null,
    provider: 'gitlab',
    public_key: null,
    host_keys: null,
    secrets: { token: 'glpat-0123456789', statusToken: 'ghs-0123456789' },
    person_id: person.id,
  });
  const hook = hooks.create(app, {
    name: undefined,
    kind: 'github',
    branch: undefined,
    secret: 'hook-secret-1',
    personId: person.id,
    actor: () => person.id,
  });
  notifyEndpoints.add({
    appId: app.id,
    url: 'https://hooks.example.com/services/T0/B0/XXXXXXXXXXXXXXXXXXXXXXXX',
    secret: 'whsec_c2VjcmV0c2VjcmV0',
    events: ['*'],
    personId: person.id,
  });
  expect(redactors.of(app.id).text(told)).toBe(clean);
  expect(redactors.all.text(told)).toBe(clean);
  expect(redactors.of(app.id)).toBe(redactors.of(app.id));
  const basic = Buffer.from('x-access-token:glpat-0123456789').toString('base64');
  expect(redactors.of(app.id).text(`Authorization: Basic ${basic}`)).not.toContain(basic);
  hooks.rotate(app, hook, 'hook-secret-2', undefined);
  linkedRepositories.remove(app.id);
  // What is under way may still say what is gone.
  expect(redactors.of(app.id).text(`${told} hook-secret-2`)).toBe(`${clean} [HOOK_SECRET]`);
  expect(redactors.all.text('hook-secret-2')).toBe('[HOOK_SECRET]');
});

test('a deploy key is masked as a whole and by its lines', () => {
  const { apps, linkedRepositories, people, redactors, targetId } = store();
  const person = people.create('alice', true);
  const app = apps.create('shop', person.id, targetId);
  const { privateKey, publicKey } = generateSshKey('sluice/shop');
  const link = { app_id: app.id, url: 'ssh://git@host/acme/shop.git', branch: null, provider: null };
  linkedRepositories.put({
    ...link,
    public_key: publicKey,
    host_keys: null,
    secrets: { deployKey: privateKey },
    person_id: person.id,
  });
  expect(redactors.of(app.id).text(`it is ${privateKey}`)).toMatch(/^it is \[DEPLOY_KEY\]\s*$/);
  const [, , line = ''] = privateKey.split('\n');
  expect(redactors.of(app.id).text(`error in libcrypto: ${line}`)).toBe('error in libcrypto: [DEPLOY_KEY]');
  expect(redactors.of(app.id).text(publicKey)).toBe(publicKey);
});

test('what a change that was taken back replaced is still masked', () => {
  const { apps, linkedRepositories, people, redactors, targetId, db } = store();
  const person = people.create('alice', true);
  const app = apps.create('shop', person.id, targetId);
  const put = (token: string): void =>
    linkedRepositories.put({
      app_id: app.id,
      url: 'https://gitlab.com/acme/shop.git',
      branch: null,
      provider: null,
      public_key: null,
      host_keys: null,
      secrets: { token },
      person_id: person.id,
    });
  put('first-token');
  expect(() =>
    db.transaction(() => {
      put('second-token');
      expect(redactors.of(app.id).text('first-token second-token')).toBe('[LINK_TOKEN] [LINK_TOKEN]');
      throw new Error('taken back');
    }),
  ).toThrow('taken back');
  expect(redactors.of(app.id).text('first-token')).toBe('[LINK_TOKEN]');
});

test('what endpoints of the whole platform have is masked for every app', () => {
  const { apps, notifyEndpoints, people, redactors, targetId } = store();
  const person = people.create('alice', true);
  const app = apps.create('shop', person.id, targetId);
  const signing = 'whsec_cGxhdGZvcm0tc2VjcmV0';
  expect(redactors.of(app.id).text(signing)).toBe(signing);
  const url =
    'https://u:door%40opener@hooks.example.com/all?key=in-the-query&env=production&t=sixteen-or-more-1';
  notifyEndpoints.add({ appId: null, url, secret: signing, events: ['*'], personId: person.id });
  // As it is written, and as a receiver gets it.
  const said = `${signing} door%40opener door@opener in-the-query production sixteen-or-more-1`;
  expect(redactors.of(app.id).text(said)).toBe(
    '[NOTIFY_SECRET] [NOTIFY_URL] [NOTIFY_URL] [NOTIFY_URL] production [NOTIFY_URL]',
  );
  expect(redactors.all.text(signing)).toBe('[NOTIFY_SECRET]');
});

test('a server that starts anew knows them from the first line', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'sluice-secrets-')), 'journal.db');
  const vault = new Vault(Buffer.alloc(32, 7));
  const before = new Store(file, vault);
  const person = before.people.create('alice', true);
  const app = before.apps.create('shop', person.id, before.targetId);
  const url = 'https://hooks.example.com/';
  before.notifyEndpoints.add({
    appId: app.id,
    url,
    secret: 'whsec_b25lIHNlY3JldA==',
    events: ['*'],
    personId: person.id,
  });
  before.close();
  const after = new Store(file, vault);
  expect(after.redactors.all.text('whsec_b25lIHNlY3JldA==')).toBe('[NOTIFY_SECRET]');
  after.close();
  rmSync(dirname(file), { recursive: true });
});

test('what the platform was given by its settings is masked for every app', () => {
  const secrets = platformSecrets(
    {
      masterKey: 'ab'.repeat(32),
      oldMasterKey: undefined,
      metricsToken: 'metrics-token-16c',
      parts: undefined,
      redisUrl: 'redis://user:p%40ssword-1@redis:6379',
    },
    registryPasswords(
      JSON.stringify({ auths: { 'ghcr.io': { auth: Buffer.from('bot:ghp_012345').toString('base64') } } }),
    ),
  );
  const { apps, people, redactors, targetId } = new Store(':memory:', new Vault(Buffer.alloc(32, 7)), {
    secrets,
  });
  const app = apps.create('shop', people.create('alice', true).id, targetId);
  const told = `${'ab'.repeat(32)} metrics-token-16c p@ssword-1 ghp_012345 redis://redis:6379`;
  const clean =
    '[SLUICE_MASTER_KEY] [SLUICE_METRICS_TOKEN] [SLUICE_REDIS_URL] [SLUICE_REGISTRY_LOGIN] redis://redis:6379';
  expect(redactors.of(app.id).text(told)).toBe(clean);
  expect(redactors.all.text(told)).toBe(clean);
});
