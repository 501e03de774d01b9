import type { BeforeChange, SecretRoom } from './app-secrets.ts';
import type { SecretValue } from './config.ts';
import type { Database } from './database.ts';
import type { WrappedKeys } from './wrapped-keys.ts';

export type Provider = 'github' | 'gitlab' | 'gitea';

/** What opens the repository, and its provider's API. Never shown. */
export interface LinkSecrets {
  /** Private half of the deploy key, as a file. */
  readonly deployKey?: string;
  /** For https. */
  readonly token?: string;
  /** For commit statuses. */
  readonly statusToken?: string;
}

export interface LinkedRepositoryRow {
  readonly app_id: string;
  readonly url: string;
  /** null: the app's deploy branch. */
  readonly branch: string | null;
  readonly provider: Provider | null;
  readonly public_key: string | null;
  /** Lines of a known_hosts file. */
  readonly host_keys: string | null;
  readonly secrets: LinkSecrets;
  readonly person_id: string;
  readonly created_at: number;
}

export type NewLink = Omit<LinkedRepositoryRow, 'created_at'>;

/** Where the commits of an app come from when nobody pushes them; one an app at most. */
export class LinkedRepositories implements SecretRoom {
  readonly #db: Database;
  readonly #keys: WrappedKeys;
  readonly #beforeChange: BeforeChange;

  constructor(db: Database, keys: WrappedKeys, beforeChange: BeforeChange) {
    this.#db = db;
    this.#keys = keys;
    this.#beforeChange = beforeChange;
  }

  of(appId: string): LinkedRepositoryRow | undefined {
    const row = this.#db.get<LinkedRepositoryRow & { sealed: Uint8Array; reports: number }>(
      'SELECT * FROM linked_repositories WHERE app_id = ?',
      appId,
    );
    if (!row) return undefined;
    const { sealed, reports: _, ...shown } = row;
    const secrets = JSON.parse(this.#keys.ofApp(appId).open(sealed, place(appId)).toString()) as LinkSecrets;
    return { ...shown, secrets };
  }

  /** Whether commit statuses go out. */
  reports(appId: string): boolean {
    const sql = 'SELECT 1 FROM linked_repositories WHERE app_id = ? AND reports = 1';
    return this.#db.get(sql, appId) !== undefined;
  }

  /** In place of the one that there was. */
  put(link: NewLink): void {
    const { app_id: appId, secrets, provider } = link;
    const reports = provider !== null && secrets.statusToken !== undefined;
    this.#beforeChange(appId);
    this.#db.run(
      `INSERT OR REPLACE INTO linked_repositories
       (app_id, url, branch, provider, public_key, host_keys, sealed, reports, person_id, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      appId,
      link.url,
      link.branch,
      provider,
      link.public_key,
      link.host_keys,
      this.#keys.ofApp(appId).seal(Buffer.from(JSON.stringify(secrets)), place(appId)),
      reports ? 1 : 0,
      link.person_id,
      Date.now(),
    );
  }

  /** What the host showed when it was first reached. Only of the URL that was asked, as another may have been linked meanwhile. */
  setHostKeys(appId: string, url: string, hostKeys: string): void {
    const sql =
      'UPDATE linked_repositories SET host_keys = ? WHERE app_id = ? AND url = ? AND host_keys IS NULL';
    this.#db.run(sql, hostKeys, appId, url);
  }

  /** @returns false when there is none */
  remove(appId: string): boolean {
    this.#beforeChange(appId);
    return this.#db.run('DELETE FROM linked_repositories WHERE app_id = ?', appId) > 0;
  }

  secretsOf(appId: string | null): SecretValue[] {
    const { deployKey, token, statusToken } = (appId === null ? undefined : this.of(appId)?.secrets) ?? {};
    return Object.entries({ DEPLOY_KEY: deployKey, LINK_TOKEN: token, STATUS_TOKEN: statusToken }).flatMap(
      ([name, value]) => (value === undefined ? [] : [{ name, value }]),
    );
  }

  holders(): string[] {
    return this.#db.all<{ id: string }>('SELECT app_id AS id FROM linked_repositories').map(({ id }) => id);
  }
}

function place(appId: string): string {
  return `linked-repository:${appId}`;
}
