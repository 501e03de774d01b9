import { Refusal } from '../../core/reason.ts';
import type { PersonRow } from '../store/people.ts';
import { isAdmin, type Principal } from './principal.ts';

/** How it is said to people. */
interface Words {
  /** `keys` */
  readonly things: string;
  /** `adds` */
  readonly makes: string;
  /** What names the person. */
  readonly command: string;
}

/**
 * Whose a new key or token is: one's own, or another person's, whom an admin names.
 * @returns the caller, or the name of the other person
 * @throws Refusal 422 `person_needed`, 403 `admin_only`
 */
export function holderOf(principal: Principal, name: string | undefined, words: Words): PersonRow | string {
  if (principal.via !== 'machine') {
    if (name === undefined || name === principal.person.name) return principal.person;
  } else if (name === undefined) {
    throw new Refusal(
      422,
      'person_needed',
      `root has no ${words.things} of its own: whose is it?`,
      `name the person: \`${words.command}\``,
    );
  }
  if (isAdmin(principal)) return name;
  throw new Refusal(
    403,
    'admin_only',
    `only an admin ${words.makes} ${words.things} of other people`,
    'leave out --person, or ask an admin',
  );
}
