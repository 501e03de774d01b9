import type { Database } from './database.ts';
import { newId } from './ids.ts';
import type { RoleName } from './people.ts';

export interface TokenRow {
  id: string;
  person_id: string;
  person: string;
  name: string;
  /** JSON: ids of apps; null: no limit. */
  apps: string | null;
  role: RoleName | null;
  created_at: number;
  expires_at: number | null;
  last_used_at: number | null;
  last_used_from: string | null;
  revoked_at: number | null;
}

/** What a token is held to, beside what its person is; both absent: to nothing. */
export interface Limits {
  /** Ids of the only apps that there are for it. */
  readonly apps?: readonly string[];
  /** The most that it is in any of them. */
  readonly role?: RoleName;
}

export function limitsOf({ apps, role }: Pick<TokenRow, 'apps' | 'role'>): Limits {
  return {
    ...(apps === null ? {} : { apps: JSON.parse(apps) as string[] }),
    ...(role === null ? {} : { role }),
  };
}

const TOKENS = `SELECT tokens.id, person_id, people.name AS person, tokens.name, apps, role, tokens.created_at,
  expires_at, last_used_at, last_used_from, revoked_at FROM tokens JOIN people ON people.id = person_id`;

/** Bearer tokens, by the SHA-256 of each. */
export class Tokens {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  create(
    personId: string,
    token: { name: string; hash: Uint8Array; limits?: Limits; expiresAt?: number | undefined },
  ): TokenRow {
    const { name, hash, limits = {}, expiresAt } = token;
    const id = newId();
    this.#db.run(
      'INSERT INTO tokens (id, person_id, name, hash, apps, role, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      id,
      personId,
      name,
      hash,
      limits.apps === undefined ? null : JSON.stringify(limits.apps),
      limits.role ?? null,
      Date.now(),
      expiresAt ?? null,
    );
    return this.byId(id) as TokenRow;
  }

  byId(id: string): TokenRow | undefined {
    return this.#db.get<TokenRow>(`${TOKENS} WHERE tokens.id = ?`, id);
  }

  /** By id, or by name among those of one person. Revoked ones are not found. */
  find(idOrName: string, personId: string): TokenRow | undefined {
    const byId = this.byId(idOrName);
    if (byId) return byId.revoked_at === null ? byId : undefined;
    return this.#db.get<TokenRow>(
      `${TOKENS} WHERE tokens.name = ? AND person_id = ? AND revoked_at IS NULL`,
      idOrName,
      personId,
    );
  }

  /** Those that are not revoked, of one person or of all. */
  all(personId?: string): TokenRow[] {
    return personId === undefined
      ? this.#db.all<TokenRow>(`${TOKENS} WHERE revoked_at IS NULL ORDER BY people.name, tokens.created_at`)
      : this.#db.all<TokenRow>(
          `${TOKENS} WHERE revoked_at IS NULL AND person_id = ? ORDER BY tokens.created_at`,
          personId,
        );
  }

  /** @param at milliseconds since 1970 */
  used(id: string, at: number, from: string | null): void {
    this.#db.run('UPDATE tokens SET last_used_at = ?, last_used_from = ? WHERE id = ?', at, from, id);
  }

  revoke(id: string): void {
    this.#db.run('UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL', Date.now(), id);
  }

  /** Any of this hash, also one that is good no more. */
  byHash(hash: Uint8Array): TokenRow | undefined {
    return this.#db.get<TokenRow>(`${TOKENS} WHERE hash = ?`, hash);
  }
}
