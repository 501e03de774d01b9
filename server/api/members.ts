import { Refusal } from '../../core/reason.ts';
import { personNamed } from '../access/person-named.ts';
import { actorId, isAdmin, type Principal } from '../access/principal.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';

export function registerMembers(endpoints: Endpoints, { store }: ApiDeps): void {
  endpoints.answer('listMembers', ({ app }) => ({ items: store.people.members(app.id) }));

  endpoints.answer('setMember', ({ principal, app, params, body: { role } }) => {
    const person = personNamed(store, params.person);
    store.transaction(() => {
      if (role !== 'owner') keepAnOwner(store, principal, app, person);
      store.people.setRole(app.id, person.id, role);
      store.events.record('member.set', actorId(principal), app.id, { person: person.name, role });
    });
    return { person: person.name, role };
  });

  endpoints.answer('removeMember', ({ principal, app, params }) => {
    const person = store.people.byName(params.person);
    store.transaction(() => {
      if (person) keepAnOwner(store, principal, app, person);
      if (!person || !store.people.removeRole(app.id, person.id)) throw notAMember(app, params.person);
      store.events.record('member.remove', actorId(principal), app.id, { person: person.name });
    });
  });
}

function notAMember(app: AppRow, name: string): Refusal {
  return new Refusal(
    404,
    'member_not_found',
    `${name} has no role in ${app.name}`,
    `type \`sluice access -a ${app.name}\` for those who have`,
  );
}

/** An app without an owner could only be helped by an admin, so only an admin may make it one. */
function keepAnOwner(store: Store, principal: Principal, app: AppRow, leaving: PersonRow): void {
  const owners = store.people.members(app.id).filter(({ role }) => role === 'owner');
  if (isAdmin(principal) || owners.length !== 1 || owners[0]?.person !== leaving.name) return;
  throw new Refusal(
    409,
    'last_owner',
    `${leaving.name} is the only owner of ${app.name}`,
    `make another one first: \`sluice access:add NAME owner -a ${app.name}\``,
  );
}
