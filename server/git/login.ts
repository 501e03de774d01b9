import type { Authenticated } from '../../core/contracts/internal.ts';

/** Who came in, by which key and from where: said with each request to the server, which looks anew. */
export interface Login {
  readonly personId: string;
  /** The key's fingerprint. */
  readonly key: string;
  /** undefined: the line is cut. */
  readonly address: string | undefined;
}

export function loginOf(who: Authenticated, remoteAddress: string | undefined): Login {
  // An IPv4 address as such, on a socket that takes both kinds.
  const address = remoteAddress?.replace(/^::ffff:(?=\d+\.)/i, '');
  return { personId: who.person.id, key: who.fingerprint, address };
}
