import { Refusal } from '../../core/reason.ts';
import { personNamed } from '../access/person-named.ts';
import { actorId } from '../access/principal.ts';
import type { PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentPerson } from './present/person.ts';

export function registerPeople(endpoints: Endpoints, { store }: ApiDeps): void {
  endpoints.answer('listPeople', () => ({
    items: store.people.all().map((person) => presentPerson(store, person)),
  }));

  endpoints.answer('setPerson', ({ principal, params, body: { admin } }) =>
    store.transaction(() => {
      const person = personNamed(store, params.person);
      if (!admin) keepAnAdmin(store, person);
      if ((person.admin === 1) !== admin) {
        store.people.setAdmin(person.id, admin);
        store.events.record('person.set', actorId(principal), null, { person: person.name, admin });
      }
      return presentPerson(store, personNamed(store, params.person));
    }),
  );

  endpoints.answer('removePerson', ({ principal, params, query }) => {
    store.transaction(() => {
      const person = personNamed(store, params.person);
      keepAnAdmin(store, person);
      const handedOver = handOver(store, person, query.heir);
      store.people.remove(person.id);
      const what = {
        person: person.name,
        ...(handedOver.length === 0 ? {} : { heir: query.heir, handedOver }),
      };
      store.events.record('person.remove', actorId(principal), null, what);
    });
  });
}

function keepAnAdmin(store: Store, { name, admin }: PersonRow): void {
  if (admin === 0 || store.people.all().filter((person) => person.admin === 1).length > 1) return;
  throw new Refusal(
    409,
    'last_admin',
    `${name} is the only admin of this platform`,
    'make another one first: `sluice users:set NAME --admin`',
  );
}

/** Apps that only this person owns go to the heir. @returns their names */
function handOver(store: Store, person: PersonRow, heirName: string | undefined): string[] {
  const alone = store.people.rolesOf(person.id).filter(({ appId, role }) => {
    const owners = store.people.members(appId).filter((member) => member.role === 'owner');
    return role === 'owner' && owners.length === 1;
  });
  if (alone.length === 0) return [];
  const apps = alone.map(({ app }) => app);
  const heir = heirName === undefined ? undefined : personNamed(store, heirName);
  if (heir === undefined || heir.id === person.id) {
    throw new Refusal(
      409,
      'last_owner',
      `${person.name} is the only owner of ${apps.length === 1 ? apps[0] : `${apps.length} apps`}`,
      `say who is to own what they leave: \`sluice users:remove ${person.name} --hand-over-to NAME\``,
      apps.length === 1 ? [] : apps,
    );
  }
  for (const { appId } of alone) store.people.setRole(appId, heir.id, 'owner');
  return apps;
}
