import type { Person } from '../../../core/contracts/resources.ts';
import type { PersonRow } from '../../store/people.ts';
import type { Store } from '../../store/store.ts';
import { iso, optionalTime } from './time.ts';

export function presentPerson(store: Pick<Store, 'people' | 'tokens'>, person: PersonRow): Person {
  const [keys, tokens] = [store.people.keys(person.id), store.tokens.all(person.id)];
  const used = [...keys, ...tokens].flatMap(({ last_used_at: at }) => at ?? []);
  return {
    id: person.id,
    name: person.name,
    admin: person.admin === 1,
    createdAt: iso(person.created_at),
    keys: keys.length,
    tokens: tokens.length,
    apps: store.people.rolesOf(person.id).map(({ app, role }) => ({ app, role })),
    ...optionalTime('lastUsedAt', used.length === 0 ? undefined : Math.max(...used)),
  };
}
