import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { type Reason, reason } from '../../../core/reason.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

function journal() {
  const store = new Store(':memory:', new Vault(randomBytes(32)));
  const olga = store.people.create('olga', false);
  const app = store.apps.create('shop', olga.id, store.targetId);
  const hook = store.hooks.create(app, {
    name: undefined,
    kind: 'generic',
    branch: 'main',
    secret: 'whsec_x',
    personId: olga.id,
    actor: () => olga.id,
  });
  const deliver = (why?: Reason) =>
    store.deliveries.create({
      appId: app.id,
      hookId: hook.id,
      address: '192.0.2.1',
      event: 'deploy',
      sentId: undefined,
      headers: {},
      body: Buffer.from('{}'),
      bodyHash: randomBytes(32),
      wish: undefined,
      state: 'failed',
      reason: why,
      status: 422,
      personId: olga.id,
    });
  return { store, olga, app, hook, deliver };
}

test('of a hook only the newest bodies are kept', () => {
  const { store, hook, deliver } = journal();
  const all = Array.from({ length: 5 }, () => deliver().id);
  store.deliveries.keepBodies(hook.id, 2);
  store.deliveries.keepBodies(hook.id, 2);
  expect(all.map((id) => store.deliveries.body(id) !== undefined)).toEqual([false, false, false, true, true]);
  store.close();
});

test('what is kept of why a message was refused holds no secret of the app', () => {
  const { store, olga, app, deliver } = journal();
  store.configs.add(app, { TOKEN: { value: 'correct-horse-battery', secret: true } }, olga.id);
  const delivery = deliver(reason('hook_body_invalid', 'ref "correct-horse-battery" is no branch'));
  expect(delivery.reason?.message).toBe('ref "[TOKEN]" is no branch');
  store.close();
});
