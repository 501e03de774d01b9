import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { reason } from '../../../core/reason.ts';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

test('what is kept of why a message was refused holds no secret of the app', () => {
  const store = new Store(':memory:', new Vault(randomBytes(32)));
  const olga = store.people.create('olga', false);
  const app = store.apps.create('shop', olga.id, store.targetId);
  store.configs.add(app, { TOKEN: { value: 'correct-horse-battery', secret: true } }, olga.id);
  const hook = store.hooks.create(app, {
    name: undefined,
    kind: 'generic',
    branch: 'main',
    secret: 'whsec_x',
    personId: olga.id,
    actor: () => olga.id,
  });
  const delivery = store.deliveries.create({
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
    reason: reason('hook_body_invalid', 'ref "correct-horse-battery" is no branch'),
    status: 422,
    personId: olga.id,
  });
  expect(delivery.reason?.message).toBe('ref "[TOKEN]" is no branch');
  store.close();
});
