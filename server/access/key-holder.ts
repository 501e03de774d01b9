import { Refusal } from '../../core/reason.ts';
import type { Store } from '../store/store.ts';
import type { LastUse } from './last-use.ts';
import type { Principal } from './principal.ts';

/** How somebody came in over SSH, as the front says. */
export interface Login {
  /** The key's fingerprint. */
  readonly key?: string | undefined;
  readonly address?: string | undefined;
}

/**
 * Who came in by an SSH key, as they are now: a connection outlives the key and the person it was opened by.
 * @throws Refusal 401 `person_unknown`, `key_unknown`
 */
export function keyHolder(
  store: Pick<Store, 'people'>,
  lastUse: LastUse,
  personId: string,
  { key: fingerprint, address }: Login,
): Principal {
  const person = store.people.byId(personId);
  if (!person) {
    throw new Refusal(
      401,
      'person_unknown',
      'this person is not known any more',
      'ask an admin to type `sluice keys:add --person NAME`',
    );
  }
  const key = fingerprint === undefined ? undefined : store.people.key(fingerprint);
  if (fingerprint !== undefined && key?.person_id !== personId) {
    throw new Refusal(
      401,
      'key_unknown',
      'this key was removed from the platform',
      'come in by another one, or ask an admin: `sluice keys:add KEYFILE --person NAME`',
    );
  }
  if (key) lastUse.key(key, address);
  return {
    person,
    via: 'key',
    ...(address === undefined ? {} : { address }),
    ...(key === undefined ? {} : { credential: key.fingerprint }),
  };
}
