import type { AskedFrom } from '../asked-from.ts';
import { type PersonRow, ROOT } from '../store/people.ts';
import type { Limits } from '../store/tokens.ts';

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
