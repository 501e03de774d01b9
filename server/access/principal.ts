import type { PersonRow } from '../store/people.ts';

/**
 * Root on the platform's own machine, who can do what an admin can and has no row in the journal. The id has the
 * shape of one but letters that no made id holds.
 */
export const ROOT: PersonRow = Object.freeze({
  id: 'rootofthemachine',
  name: 'root',
  admin: 1,
  created_at: 0,
});

/** Who asks. `machine`: root, at the machine's own socket; `key`: the SSH front says who; `token`: a bearer token. */
export interface Principal {
  readonly person: PersonRow;
  readonly via: 'machine' | 'key' | 'token';
}

export function isAdmin(principal: Principal): boolean {
  return principal.person.admin === 1;
}

/** The person for the journal; null for the machine's root. */
export function actorId(principal: Principal): string | null {
  return principal.via === 'machine' ? null : principal.person.id;
}

/** Names a person for showing, root included. */
export function nameOf(people: { nameOf(id: string): string }, id: string): string {
  return id === ROOT.id ? ROOT.name : people.nameOf(id);
}
