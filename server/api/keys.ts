import { Refusal } from '../../core/reason.ts';
import { holderOf } from '../access/holder.ts';
import { actorId, isAdmin, type Principal } from '../access/principal.ts';
import { parsePublicKey } from '../../core/public-key.ts';
import type { KeyRow, PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentKey } from './present/key.ts';

const WORDS = { things: 'keys', makes: 'adds', command: 'sluice keys:add KEYFILE --person NAME' };

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

/** Another person, whom an admin names, is made when there is none of that name. */
function keyHolder(store: Store, principal: Principal, named: string | undefined): PersonRow {
  const holder = holderOf(principal, named, WORDS);
  if (typeof holder !== 'string') return holder;
  const known = store.people.byName(holder);
  if (known) return known;
  const made = store.people.create(holder, false);
  store.events.record('person.add', actorId(principal), null, { person: holder });
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
