import { Refusal } from '../../core/reason.ts';
import type { PublicKey } from '../../core/public-key.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

/** Who does things: a person, or in its own name a deploy key or a hook of one app. */
export interface PersonRow {
  id: string;
  name: string;
  kind: 'person' | 'deploy-key' | 'hook';
  /** The app of a deploy key or a hook. */
  app_id: string | null;
  admin: number;
  created_at: number;
  removed_at: number | null;
}

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

export interface KeyRow {
  id: string;
  person_id: string;
  person: string;
  kind: PersonRow['kind'];
  fingerprint: string;
  algorithm: string;
  public_key: string;
  comment: string;
  created_at: number;
  last_used_at: number | null;
  last_used_from: string | null;
}
/** What a person can be in an app. */
export type RoleName = 'viewer' | 'deployer' | 'owner';

const KEYS =
  'SELECT ssh_keys.*, people.name AS person, people.kind FROM ssh_keys JOIN people ON people.id = ssh_keys.person_id';

export class People {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  hasAdmin(): boolean {
    return this.#db.get('SELECT 1 FROM people WHERE admin = 1 AND removed_at IS NULL') !== undefined;
  }

  create(name: string, admin: boolean): PersonRow {
    return this.#insert({ name, admin: admin ? 1 : 0 });
  }

  /** What acts in an app in its own name. The name is unique among its kind in the app. */
  createFor(appId: string, kind: 'deploy-key' | 'hook', name: string): PersonRow {
    return this.#insert({ name, kind, appId });
  }

  /** By id; who was removed is not found any more. */
  byId(id: string): PersonRow | undefined {
    return this.#db.get<PersonRow>('SELECT * FROM people WHERE id = ? AND removed_at IS NULL', id);
  }

  /** A person, not a deploy key or a hook. */
  byName(name: string): PersonRow | undefined {
    return this.#db.get<PersonRow>(
      "SELECT * FROM people WHERE name = ? AND kind = 'person' AND removed_at IS NULL",
      name,
    );
  }

  /** People, without deploy keys and hooks, by name. */
  all(): PersonRow[] {
    return this.#db.all<PersonRow>(
      "SELECT * FROM people WHERE kind = 'person' AND removed_at IS NULL ORDER BY name",
    );
  }

  setAdmin(id: string, admin: boolean): void {
    this.#db.run('UPDATE people SET admin = ? WHERE id = ? AND removed_at IS NULL', admin ? 1 : 0, id);
  }

  /** What acts in an app in its own name, by name. */
  of(appId: string, kind: 'deploy-key' | 'hook'): PersonRow[] {
    return this.#db.all<PersonRow>(
      'SELECT * FROM people WHERE app_id = ? AND kind = ? AND removed_at IS NULL ORDER BY name',
      appId,
      kind,
    );
  }

  /** For showing; whoever was removed is still named in old rows. */
  nameOf(id: string): string {
    const row = this.#db.get<Pick<PersonRow, 'name' | 'kind'>>(
      'SELECT name, kind FROM people WHERE id = ?',
      id,
    );
    if (!row) return 'someone';
    return row.kind === 'person' ? row.name : `${row.name} (${row.kind.replace('-', ' ')})`;
  }

  /** Takes away at once all that they could come in by and be; their name stays in what they did. */
  remove(id: string): void {
    this.#db.transaction(() => {
      const now = Date.now();
      this.#db.run(
        'UPDATE people SET admin = 0, removed_at = ? WHERE id = ? AND removed_at IS NULL',
        now,
        id,
      );
      this.#db.run('DELETE FROM ssh_keys WHERE person_id = ?', id);
      this.#db.run('UPDATE tokens SET revoked_at = ? WHERE person_id = ? AND revoked_at IS NULL', now, id);
      this.#db.run('DELETE FROM members WHERE person_id = ?', id);
    });
  }

  byFingerprint(fingerprint: string): PersonRow | undefined {
    return this.#db.get<PersonRow>(
      `SELECT people.* FROM people JOIN ssh_keys ON ssh_keys.person_id = people.id
       WHERE fingerprint = ? AND removed_at IS NULL`,
      fingerprint,
    );
  }

  /** @throws Refusal 409 `key_exists` */
  addKey(personId: string, key: PublicKey): KeyRow {
    const owner = this.byFingerprint(key.fingerprint);
    if (owner) {
      // Whose, is nobody else's business.
      const whose = owner.id === personId ? owner.name : 'somebody else';
      throw new Refusal(
        409,
        'key_exists',
        `this key already belongs to ${whose}`,
        'use another key: `ssh-keygen -t ed25519`',
      );
    }
    const id = newId();
    this.#db.run(
      'INSERT INTO ssh_keys (id, person_id, fingerprint, algorithm, public_key, comment, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      id,
      personId,
      key.fingerprint,
      key.algorithm,
      key.blob.toString('base64'),
      key.comment,
      Date.now(),
    );
    return this.key(id) as KeyRow;
  }

  /** By id or fingerprint. */
  key(idOrFingerprint: string): KeyRow | undefined {
    return this.#db.get<KeyRow>(`${KEYS} WHERE ssh_keys.id = ?1 OR fingerprint = ?1`, idOrFingerprint);
  }

  keys(personId?: string): KeyRow[] {
    return personId === undefined
      ? this.#db.all<KeyRow>(`${KEYS} WHERE kind = 'person' ORDER BY people.name, ssh_keys.created_at`)
      : this.#db.all<KeyRow>(`${KEYS} WHERE person_id = ? ORDER BY ssh_keys.created_at`, personId);
  }

  /** @param at milliseconds since 1970 */
  keyUsed(id: string, at: number, from: string | null): void {
    this.#db.run('UPDATE ssh_keys SET last_used_at = ?, last_used_from = ? WHERE id = ?', at, from, id);
  }

  removeKey(id: string): void {
    this.#db.run('DELETE FROM ssh_keys WHERE id = ?', id);
  }

  roleIn(appId: string, personId: string): RoleName | undefined {
    return this.#db.get<{ role: RoleName }>(
      'SELECT role FROM members WHERE app_id = ? AND person_id = ?',
      appId,
      personId,
    )?.role;
  }

  members(appId: string): { person: string; role: RoleName }[] {
    return this.#db.all(
      'SELECT people.name AS person, role FROM members JOIN people ON people.id = person_id WHERE members.app_id = ? ORDER BY people.name',
      appId,
    );
  }

  /** Their roles in apps that are there, by the app's name. */
  rolesOf(personId: string): { appId: string; app: string; role: RoleName }[] {
    return this.#db.all(
      `SELECT apps.id AS appId, apps.name AS app, role FROM members JOIN apps ON apps.id = members.app_id
       WHERE person_id = ? AND destroyed_at IS NULL ORDER BY apps.name`,
      personId,
    );
  }

  setRole(appId: string, personId: string, role: RoleName): void {
    this.#db.run(
      'INSERT INTO members (app_id, person_id, role) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role',
      appId,
      personId,
      role,
    );
  }

  removeRole(appId: string, personId: string): boolean {
    return this.#db.run('DELETE FROM members WHERE app_id = ? AND person_id = ?', appId, personId) > 0;
  }

  #insert(one: { name: string; kind?: PersonRow['kind']; appId?: string; admin?: number }): PersonRow {
    const id = newId();
    this.#db.run(
      'INSERT INTO people (id, name, kind, app_id, admin, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      one.name,
      one.kind ?? 'person',
      one.appId ?? null,
      one.admin ?? 0,
      Date.now(),
    );
    return this.byId(id) as PersonRow;
  }
}
