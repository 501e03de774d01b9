import { Refusal } from '../../core/reason.ts';
import { isAdmin, type Principal } from '../access/principal.ts';
import { parsePublicKey } from '../../core/public-key.ts';
import type { Store } from '../store/store.ts';
import type { Token } from '../../core/contracts/resources.ts';
import { optional } from './present/time.ts';
import { visibleApps } from '../access/app-access.ts';
import { presentToken } from './present/token.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentStatus } from './present/status.ts';

export function registerPlatform(endpoints: Endpoints, deps: ApiDeps): void {
  endpoints.answer('me', ({ principal }) => ({
    id: principal.person.id,
    name: principal.person.name,
    kind: principal.person.kind,
    admin: isAdmin(principal),
    ...optional('token', tokenOf(deps.store, principal)),
  }));
  endpoints.answer('status', ({ principal }) =>
    presentStatus(deps, { apps: visibleApps(deps.store, principal), mends: isAdmin(principal) }),
  );
  endpoints.answer('doctor', async () => ({ checks: await deps.doctor() }));
  endpoints.answer('getMasterKey', () => deps.rotation.state());
  endpoints.answer('rotateMasterKey', async () => deps.rotation.rotate());
  endpoints.answer('setup', async ({ body }) => {
    setUp(deps.store, body);
    return presentStatus(deps, { apps: [], mends: true });
  });
}

function tokenOf(store: Store, { tokenId }: Principal): Token | undefined {
  const token = tokenId === undefined ? undefined : store.tokens.byId(tokenId);
  return token && presentToken(store, token);
}

/** Makes the first admin, once. @throws Refusal 409 `already_set_up`, `person_exists`, `key_exists`; 422 `key_invalid` */
function setUp(store: Store, { person: name, publicKey }: { person: string; publicKey: string }): void {
  const key = parsePublicKey(publicKey);
  store.transaction(() => {
    if (store.people.hasAdmin()) {
      throw new Refusal(
        409,
        'already_set_up',
        'this platform has an admin already',
        'add a key or a person with `sluice keys:add KEYFILE --person NAME`',
      );
    }
    if (store.people.byName(name)) {
      throw new Refusal(
        409,
        'person_exists',
        `there is somebody called ${name} already`,
        'choose another name: `sluice setup --person NAME`',
      );
    }
    const person = store.people.create(name, true);
    store.people.addKey(person.id, key);
    store.events.record('platform.setup', null, null, { person: name, fingerprint: key.fingerprint });
  });
}
