import { Refusal } from '../../core/reason.ts';
import type { PublicKey } from '../access/public-key.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';

export interface PersonRow {
  id: string;
  name: string;
  admin: number;
  created_at: number;
}
export interface KeyRow {
  id: string;
  person_id: string;
  person: string;
  fingerprint: string;
  algorithm: string;
  public_key: string;
  comment: string;
  created_at: number;
}
export type RoleName = 'viewer' | 'deployer' | 'owner';

const KEYS =
  'SELECT ssh_keys.*, people.name AS person FROM ssh_keys JOIN people ON people.id = ssh_keys.person_id';

export class People {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  hasAdmin(): boolean {
    return this.#db.get('SELECT 1 FROM people WHERE admin = 1') !== undefined;
  }

  create(name: string, admin: boolean): PersonRow {
    const id = newId();
    this.#db.run(
      'INSERT INTO people (id, name, admin, created_at) VALUES (?, ?, ?, ?)',
      id,
      name,
      admin ? 1 : 0,
      Date.now(),
    );
    return this.byId(id) as PersonRow;
  }

  byId(id: string): PersonRow | undefined {
    return this.#db.get<PersonRow>('SELECT * FROM people WHERE id = ?', id);
  }

  byName(name: string): PersonRow | undefined {
    return this.#db.get<PersonRow>('SELECT * FROM people WHERE name = ?', name);
  }

  /** For showing; a person who was removed is still named in old rows. */
  nameOf(id: string): string {
    return this.byId(id)?.name ?? 'someone';
  }

  byFingerprint(fingerprint: string): PersonRow | undefined {
    return this.#db.get<PersonRow>(
      'SELECT people.* FROM people JOIN ssh_keys ON ssh_keys.person_id = people.id WHERE fingerprint = ?',
      fingerprint,
    );
  }

  /** @throws Refusal 409 `key_exists` */
  addKey(personId: string, key: PublicKey): KeyRow {
    const owner = this.byFingerprint(key.fingerprint);
    if (owner) {
      throw new Refusal(
        409,
        'key_exists',
        `this key already belongs to ${owner.name}`,
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
      ? this.#db.all<KeyRow>(`${KEYS} ORDER BY people.name, ssh_keys.created_at`)
      : this.#db.all<KeyRow>(`${KEYS} WHERE person_id = ? ORDER BY ssh_keys.created_at`, personId);
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
      'SELECT people.name AS person, role FROM members JOIN people ON people.id = person_id WHERE app_id = ? ORDER BY people.name',
      appId,
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

  byTokenHash(hash: Uint8Array): PersonRow | undefined {
    return this.#db.get<PersonRow>(
      `SELECT people.* FROM people JOIN tokens ON tokens.person_id = people.id
       WHERE hash = ? AND (expires_at IS NULL OR expires_at > ?)`,
      hash,
      Date.now(),
    );
  }
}
