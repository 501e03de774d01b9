import type { GitService } from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';
import { findApp, requireRole } from './app-access.ts';
import { type EffectiveRole, sshPermissions } from './permissions.ts';
import type { Principal } from './principal.ts';

type Journal = Pick<Store, 'apps' | 'people'>;

/**
 * Who came in by an SSH key, as they are now: a connection outlives what its holder may.
 * @throws Refusal 401 `person_unknown`
 */
export function requireKeyHolder(store: Journal, personId: string): Principal {
  const person = store.people.byId(personId);
  if (person) return { person, via: 'key' };
  throw new Refusal(
    401,
    'person_unknown',
    'this person is not known any more',
    'ask an admin to type `sluice keys:add --person NAME`',
  );
}

/**
 * The app whose repository a service of git is asked for, by the table of SSH verbs.
 * @throws Refusal 403 `role_too_low`, 404 `app_not_found`
 */
export function admitToRepository(
  store: Journal,
  principal: Principal,
  nameOrId: string,
  service: GitService,
): { app: AppRow; role: EffectiveRole } {
  const found = findApp(store, principal, nameOrId);
  requireRole(store, principal, found.app, found.role, sshPermissions[service]);
  return found;
}
