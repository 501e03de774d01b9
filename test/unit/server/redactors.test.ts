import { expect, test } from 'vitest';
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
    changedSince: (mark) => ({ apps: mark === 1 ? [] : [...secrets.keys()], mark: 1 }),
  });
  const all = [...secrets.values()].map(([entry]) => entry?.value ?? '').join('\n');
  expect(redactors.all.text(all).replaceAll('[KEY]', '').trim()).toBe('');
  for (const [id, [entry]] of secrets) expect(redactors.of(id).text(entry?.value ?? '')).toBe('[KEY]');
});
