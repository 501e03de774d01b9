import type { AskedFrom } from '../asked-from.ts';
import type { PersonRow, RoleName } from '../store/people.ts';

/**
 * Root on the platform's own machine, who can do what an admin can and has no row in the journal. The id has the
 * shape of one but letters that no made id holds.
 */
export const ROOT: PersonRow = Object.freeze({
  id: 'rootofthemachine',
  name: 'root',
  kind: 'person',
  app_id: null,
  admin: 1,
  created_at: 0,
  removed_at: null,
});

/** What a token is held to, beside what its person is; both absent: to nothing. */
export interface Limits {
  /** Ids of the only apps that there are for it. */
  readonly apps?: readonly string[];
  /** The most that it is in any of them. */
  readonly role?: RoleName;
}

/** Who asks. `machine`: root, at the machine's own socket; `key`: the SSH front says who; `token`: a bearer token. */
export interface Principal {
  readonly person: PersonRow;
  readonly via: 'machine' | 'key' | 'token';
  readonly limits?: Limits;
  /** The client's address, where it is known. */
  readonly address?: string;
  /** The key's fingerprint or the token's name. */
  readonly credential?: string;
  readonly tokenId?: string;
}

export function isLimited({ limits }: Principal): boolean {
  return limits?.apps !== undefined || limits?.role !== undefined;
}

/** An admin of the platform, and not by a token that is held to less. */
export function isAdmin(principal: Principal): boolean {
  return principal.person.admin === 1 && !isLimited(principal);
}

/** The person for the journal; null for the machine's root. */
export function actorId(principal: Principal): string | null {
  return principal.via === 'machine' ? null : principal.person.id;
}

/** How they asked, for the journal. */
export function askedFromOf(principal: Principal): AskedFrom {
  const { via, address, credential } = principal;
  return { via, actorId: actorId(principal), address, credential };
}

/** Names a person for showing, root included. */
export function nameOf(people: { nameOf(id: string): string }, id: string): string {
  return id === ROOT.id ? ROOT.name : people.nameOf(id);
}
