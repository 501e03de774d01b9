import { Refusal } from '../../core/reason.ts';
import { actorId, isAdmin, type Principal } from '../access/principal.ts';
import { parsePublicKey } from '../access/public-key.ts';
import type { KeyRow, PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentKey } from './present/key.ts';

export function registerKeys(endpoints: Endpoints, { store }: ApiDeps): void {
  endpoints.answer('listKeys', ({ principal }) => {
    const keys = isAdmin(principal) ? store.people.keys() : store.people.keys(principal.person.id);
    return { items: keys.map(presentKey) };
  });

  endpoints.answer('addKey', ({ principal, body }) => {
    const key = parsePublicKey(body.publicKey);
    return store.transaction(() => {
      const person = keyHolder(store, principal, body.person);
      const added = store.people.addKey(person.id, key);
      store.events.record('key.add', actorId(principal), null, {
        person: person.name,
        fingerprint: key.fingerprint,
      });
      return presentKey(added);
    });
  });

  endpoints.answer('removeKey', ({ principal, params }) => {
    store.transaction(() => {
      const key = requireKey(store, principal, params.key);
      keepAKey(store, principal, key);
      store.people.removeKey(key.id);
      store.events.record('key.remove', actorId(principal), null, {
        person: key.person,
        fingerprint: key.fingerprint,
      });
    });
  });
}

/** Whose key is added: one's own, or by an admin another person's, who is made when there is none of that name. */
function keyHolder(store: Store, principal: Principal, name: string | undefined): PersonRow {
  if (name === undefined && principal.via === 'machine') {
    throw new Refusal(
      422,
      'person_needed',
      'root has no keys of its own: whose key is it?',
      'name the person: `sluice keys:add KEYFILE --person NAME`',
    );
  }
  if (name === undefined || (principal.via !== 'machine' && name === principal.person.name))
    return principal.person;
  if (!isAdmin(principal)) {
    throw new Refusal(
      403,
      'admin_only',
      'only an admin adds keys of other people',
      `leave out --person, or ask an admin`,
    );
  }
  const known = store.people.byName(name);
  if (known) return known;
  const made = store.people.create(name, false);
  store.events.record('person.add', actorId(principal), null, { person: name });
  return made;
}

/** Other people's keys are not there for those who are no admins. */
function requireKey(store: Store, principal: Principal, idOrFingerprint: string): KeyRow {
  const key = store.people.key(idOrFingerprint);
  // Deploy keys go with what acts by them: `deploy-keys:remove`.
  if (key?.kind === 'person' && (isAdmin(principal) || key.person_id === principal.person.id)) return key;
  throw new Refusal(
    404,
    'key_not_found',
    'there is no such key',
    'type `sluice keys` for the fingerprints of those that there are',
  );
}

function keepAKey(store: Store, principal: Principal, key: KeyRow): void {
  if (isAdmin(principal) || store.people.keys(key.person_id).length > 1) return;
  throw new Refusal(
    409,
    'last_key',
    'this is your only key: without it you could not get in any more',
    'add another one first: `sluice keys:add KEYFILE`',
  );
}
