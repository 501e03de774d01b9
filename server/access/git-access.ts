import type { GitService } from '../../core/contracts/internal.ts';
import { askedBy } from '../asked-from.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';
import { findApp, requireRole } from './app-access.ts';
import { atLeast, type EffectiveRole, sshPermissions } from './permissions.ts';
import { askedFromOf, type Principal } from './principal.ts';

type Journal = Pick<Store, 'apps' | 'people' | 'events'>;

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
  const { app, role } = found;
  const need = sshPermissions[service];
  if (service === 'git-receive-pack' && !atLeast(role, need)) {
    const why = { role, needed: need };
    askedBy(askedFromOf(principal), () =>
      store.events.record('push.refuse', principal.person.id, app.id, why),
    );
  }
  requireRole(store, principal, app, role, need);
  return found;
}
