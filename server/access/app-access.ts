import { nearest } from '../../core/manifest/nearest.ts';
import { show } from '../../core/manifest/show.ts';
import { Refusal } from '../../core/reason.ts';
import type { AppRow } from '../store/apps.ts';
import type { Store } from '../store/store.ts';
import { type AppRole, atLeast, atMost, type EffectiveRole } from './permissions.ts';
import type { Principal } from './principal.ts';

type Journal = Pick<Store, 'apps' | 'people'>;

/** What somebody is in an app; undefined: it does not exist for them. */
export function roleIn(store: Journal, principal: Principal, app: AppRow): EffectiveRole | undefined {
  const { limits } = principal;
  const own = ownRole(store, principal, app.id);
  if (own === undefined || (limits?.apps && !limits.apps.includes(app.id))) return undefined;
  // What is held to some apps is nobody's admin, as an admin is one of the whole platform.
  const most = limits?.role ?? (limits?.apps ? 'owner' : undefined);
  return most === undefined ? own : atMost(own, most);
}

function ownRole(store: Journal, { person }: Principal, appId: string): EffectiveRole | undefined {
  // Asked in any case, so that an app that is not there takes as long as one that is.
  const role = store.people.roleIn(appId, person.id);
  if (person.kind === 'deploy-key') return person.app_id === appId ? 'pusher' : undefined;
  if (person.kind === 'hook') return undefined;
  return person.admin === 1 ? 'admin' : role;
}

/** Apps that a person may see, by name. */
export function visibleApps(store: Journal, principal: Principal): AppRow[] {
  return store.apps.all().filter((app) => roleIn(store, principal, app) !== undefined);
}

/** Stands for an app that is not there. */
const NO_APP = { id: '' } as AppRow;

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
  const [byId, byName] = [store.apps.byId(nameOrId), store.apps.byName(nameOrId)];
  const app = byId ?? byName;
  const role = roleIn(store, principal, app ?? NO_APP);
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
  needed: AppRole,
): void {
  if (atLeast(role, needed)) return;
  throw new Refusal(
    403,
    'role_too_low',
    `${whoIs(store, principal, app, role)}; this needs ${given(needed)}`,
    ...wayUp(store, principal, app, needed),
  );
}

/** A pusher is a deploy key; a person who is to push is made a deployer. */
function given(role: AppRole): Exclude<AppRole, 'pusher'> {
  return role === 'pusher' ? 'deployer' : role;
}

function whoIs(store: Journal, principal: Principal, app: AppRow, role: EffectiveRole): string {
  const { person, credential } = principal;
  if (person.kind === 'deploy-key') return `the deploy key ${person.name} pushes to ${app.name} and no more`;
  const own = ownRole(store, principal, app.id);
  return own === role
    ? `you are ${role} of ${app.name}`
    : `the token ${credential} is ${role} of ${app.name} at most`;
}

/** What to type next, and who can. */
function wayUp(
  store: Journal,
  principal: Principal,
  app: AppRow,
  needed: AppRole,
): [hint: string, detail: readonly string[]] {
  const { person } = principal;
  const own = ownRole(store, principal, app.id);
  if (person.kind === 'deploy-key') {
    return [`use a token: \`sluice tokens:create --app ${app.name} --role ${given(needed)}\``, []];
  }
  if (own !== undefined && atLeast(own, needed)) {
    return [`make one that may: \`sluice tokens:create --app ${app.name} --role ${given(needed)}\``, []];
  }
  const owners = store.people.members(app.id).filter((member) => member.role === 'owner');
  return [
    `an owner can change that: \`sluice access:add ${person.name} ${given(needed)} -a ${app.name}\``,
    owners.length === 0 ? [] : [`owners: ${owners.map((owner) => owner.person).join(', ')}`],
  ];
}
