import type { GitService } from '../../core/contracts/internal.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';
import { findApp, requireRole } from './app-access.ts';
import { type EffectiveRole, sshPermissions } from './permissions.ts';
import type { Principal } from './principal.ts';

type Journal = Pick<Store, 'apps' | 'people'>;

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
