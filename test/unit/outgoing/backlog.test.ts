import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { Store } from '../../../server/store/store.ts';
import { Vault } from '../../../server/store/vault.ts';

test('what waits for a receiver that hangs is bounded by age and by number', () => {
  const store = new Store(':memory:', new Vault(randomBytes(32)));
  const olga = store.people.create('olga', false);
  const app = store.apps.create('shop', olga.id, store.targetId);
  const endpoint = store.notifyEndpoints.add({
    appId: app.id,
    url: 'https://example.com/',
    secret: 'whsec_x',
    events: ['*'],
    personId: olga.id,
  });
  for (let number = 0; number < 5; number++) store.outgoing.say(app.id, 'ping', endpoint.id);
  for (const event of store.outgoing.fresh(9)) {
    store.outgoing.distribute(event, '{}', [{ endpointId: endpoint.id, target: endpoint.id }]);
  }
  const states = (): string[] => store.outgoing.page(app.id, 99, 9).map(({ state }) => state);
  store.outgoing.giveUp(0, 2);
  expect(states()).toEqual(['waiting', 'waiting', 'dead', 'dead', 'dead']);
  store.outgoing.giveUp(Date.now() + 1, 2);
  expect(states()).toEqual(Array<string>(5).fill('dead'));
  expect(store.outgoing.nextAt()).toBeUndefined();
  store.close();
});
