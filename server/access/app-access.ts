import { nearest } from '../../core/manifest/nearest.ts';
import { show } from '../../core/manifest/show.ts';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { RoleName } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import { atLeast, type EffectiveRole } from './permissions.ts';
import { isAdmin, type Principal } from './principal.ts';

type Journal = Pick<Store, 'apps' | 'people'>;

/** What a person is in an app; undefined: it does not exist for them. */
export function roleIn(store: Journal, principal: Principal, app: AppRow): EffectiveRole | undefined {
  return isAdmin(principal) ? 'admin' : store.people.roleIn(app.id, principal.person.id);
}

/** Apps that a person may see, by name. */
export function visibleApps(store: Journal, principal: Principal): AppRow[] {
  return store.apps.all().filter((app) => roleIn(store, principal, app) !== undefined);
}

/**
 * The app of a name or id. One that the person may not see is refused exactly like one that does not exist.
 * @throws Refusal 404 `app_not_found`
 */
export function findApp(
  store: Journal,
  principal: Principal,
  nameOrId: string,
): { app: AppRow; role: EffectiveRole } {
  // By id first: ids cannot be chosen, so nobody can name an app so that it stands before another one.
  const app = store.apps.byId(nameOrId) ?? store.apps.byName(nameOrId);
  const role = app && roleIn(store, principal, app);
  if (app && role) return { app, role };
  const meant = nearest(
    nameOrId,
    visibleApps(store, principal).map(({ name }) => name),
  );
  throw new Refusal(
    404,
    'app_not_found',
    `there is no app ${show(nameOrId)} that you may see`,
    meant === undefined
      ? 'type `sluice apps` for those that you may, or make it: `sluice apps:create`'
      : `did you mean ${meant}?`,
  );
}

/** @throws Refusal 403 `role_too_low` */
export function requireRole(
  store: Journal,
  principal: Principal,
  app: AppRow,
  role: EffectiveRole,
  needed: RoleName,
): void {
  if (atLeast(role, needed)) return;
  const owners = store.people.members(app.id).filter((member) => member.role === 'owner');
  throw new Refusal(
    403,
    'role_too_low',
    `you are ${role} of ${app.name}; this needs ${needed}`,
    `an owner can change that: \`sluice access:add ${principal.person.name} ${needed} -a ${app.name}\``,
    owners.length === 0 ? [] : [`owners: ${owners.map(({ person }) => person).join(', ')}`],
  );
}
