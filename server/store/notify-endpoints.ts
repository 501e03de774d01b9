import type { BeforeChange, SecretRoom } from './app-secrets.ts';
import type { SecretValue } from './config.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';
import type { WrappedKeys } from './wrapped-keys.ts';

export interface NotifyEndpointRow {
  readonly id: string;
  /** null: it hears of all apps. */
  readonly app_id: string | null;
  readonly events: readonly string[];
  readonly url: string;
  /** `whsec_` and base64. */
  readonly secret: string;
  readonly person_id: string;
  readonly created_at: number;
  readonly disabled: string | null;
}

/** Where people want to be told of what happens. URL and secret are sealed, as both open somebody else's door. */
export class NotifyEndpoints implements SecretRoom {
  readonly #db: Database;
  readonly #keys: WrappedKeys;
  readonly #beforeChange: BeforeChange;

  constructor(db: Database, keys: WrappedKeys, beforeChange: BeforeChange) {
    this.#db = db;
    this.#keys = keys;
    this.#beforeChange = beforeChange;
  }

  add(endpoint: {
    appId: string | null;
    url: string;
    secret: string;
    events: readonly string[];
    personId: string;
  }): NotifyEndpointRow {
    const id = newId();
    const { appId, url, secret, events, personId } = endpoint;
    this.#beforeChange(appId);
    const sealed = this.#key(appId).seal(Buffer.from(JSON.stringify({ url, secret })), place(id));
    this.#db.run(
      'INSERT INTO notify_endpoints (id, app_id, events, sealed, person_id, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      appId,
      JSON.stringify(events),
      sealed,
      personId,
      Date.now(),
    );
    return this.byId(id) as NotifyEndpointRow;
  }

  byId(id: string): NotifyEndpointRow | undefined {
    const row = this.#db.get('SELECT * FROM notify_endpoints WHERE id = ?', id);
    return row && this.#opened(row);
  }

  /** Those of an app, oldest first. */
  of(appId: string): NotifyEndpointRow[] {
    return this.#db
      .all('SELECT * FROM notify_endpoints WHERE app_id = ? ORDER BY created_at, id', appId)
      .map((row) => this.#opened(row));
  }

  /** What an event of an app is for: its own endpoints and those of all apps. */
  listening(appId: string): { id: string; events: string[] }[] {
    return this.#db
      .all<{ id: string; events: string }>(
        'SELECT id, events FROM notify_endpoints WHERE (app_id = ? OR app_id IS NULL) AND disabled IS NULL',
        appId,
      )
      .map(({ id, events }) => ({ id, events: JSON.parse(events) as string[] }));
  }

  disable(id: string, why: string): void {
    this.#db.run('UPDATE notify_endpoints SET disabled = ? WHERE id = ?', why, id);
  }

  /** @returns false when there is none */
  remove(id: string): boolean {
    const appId = this.byId(id)?.app_id;
    if (appId !== undefined) this.#beforeChange(appId);
    return this.#db.run('DELETE FROM notify_endpoints WHERE id = ?', id) > 0;
  }

  secretsOf(appId: string | null): SecretValue[] {
    return this.#db
      .all('SELECT * FROM notify_endpoints WHERE app_id IS ?', appId)
      .map((row) => this.#opened(row))
      .flatMap(({ url, secret }) => [
        { name: 'NOTIFY_SECRET', value: secret },
        ...keysIn(url).map((value) => ({ name: 'NOTIFY_URL', value })),
      ]);
  }

  holders(): (string | null)[] {
    return this.#db
      .all<{ id: string | null }>('SELECT DISTINCT app_id AS id FROM notify_endpoints')
      .map(({ id }) => id);
  }

  #opened(row: Record<string, unknown>): NotifyEndpointRow {
    const { id, app_id, events, sealed, person_id, created_at, disabled } = row as {
      [K in keyof NotifyEndpointRow]: NotifyEndpointRow[K];
    } & { events: string; sealed: Uint8Array };
    const { url, secret } = JSON.parse(this.#key(app_id).open(sealed, place(id)).toString()) as {
      url: string;
      secret: string;
    };
    return {
      id,
      app_id,
      events: JSON.parse(events) as string[],
      url,
      secret,
      person_id,
      created_at,
      disabled,
    };
  }

  #key(appId: string | null): ReturnType<WrappedKeys['ofApp']> {
    return appId === null ? this.#keys.named('notify') : this.#keys.ofApp(appId);
  }
}

function place(id: string): string {
  return `notify-endpoint:${id}`;
}

/** Characters of a part of a path or a query that is a key rather than a name, as in `/services/T0/B0/<24 characters>`. */
const KEY_IN_URL = 16;
/** Parts of a query that are one however short they are; `env=production` is none. */
const KEY_BY_NAME = /key|token|secret|pass|pwd|sig|auth|code/i;

/**
 * What of a URL opens the door there: who logs in with what, and what of its path and query nobody would choose. As it is
 * written, and as it is sent: a receiver may answer with either.
 */
function keysIn(url: string): string[] {
  const { username, password, searchParams, pathname } = new URL(url);
  const long = (part: string): boolean => part.length >= KEY_IN_URL;
  const asked = [...searchParams].flatMap(([name, part]) =>
    KEY_BY_NAME.test(name) || long(part) ? [part] : [],
  );
  const chosen = [...pathname.split('/').filter(long), ...asked];
  // A name with a password beside it is a name.
  const login = password === '' ? [username] : [password];
  return [...new Set([...login, ...chosen].flatMap((part) => [part, decoded(part)]))].filter(
    (part) => part !== '',
  );
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
