import { Refusal } from '../../core/reason.ts';
import type { PersonRow } from '../store/people.ts';
import type { Store } from '../store/store.ts';

/** @throws Refusal 404 `person_not_found` */
export function personNamed(store: Pick<Store, 'people'>, name: string): PersonRow {
  const person = store.people.byName(name);
  if (person) return person;
  throw new Refusal(
    404,
    'person_not_found',
    `nobody here is called ${name}`,
    `an admin adds people with their key: \`sluice keys:add KEYFILE --person ${name}\``,
  );
}
