import type { HookKind } from '../../core/hooks/wish.ts';
import { Refusal } from '../../core/reason.ts';
import type { BeforeChange, SecretRoom } from './app-secrets.ts';
import type { AppRow } from './apps.ts';
import type { SecretValue } from './config.ts';
import type { Database } from './database.ts';
import { newId } from './ids.ts';
import type { WrappedKeys } from './wrapped-keys.ts';

export interface HookRow {
  /** Not to be guessed: it is part of the hook's address. */
  id: string;
  app_id: string;
  name: string;
  kind: HookKind;
  branch: string | null;
  secret: Uint8Array;
  old_secret: Uint8Array | null;
  old_until: number | null;
  enabled: number;
  /** Who made it. */
  person_id: string;
  /** As whom it acts: a row of its own among the people. */
  actor_id: string;
  created_at: number;
  rotated_at: number | null;
  refused_at: number | null;
  refused_code: string | null;
}

export interface NewHook {
  readonly name: string | undefined;
  readonly kind: HookKind;
  readonly branch: string | undefined;
  readonly secret: string;
  readonly personId: string;
  /** Makes the row of who acts, by the name that is chosen. */
  readonly actor: (name: string) => string;
}

/** Milliseconds: whoever sends wrong signatures makes the journal note it no more often than this. */
const NOTED_EVERY_MS = 1_000;

/** Who may ask from outside for a deploy. Secrets are sealed by the app's own key. */
export class Hooks implements SecretRoom {
  readonly #db: Database;
  readonly #keys: WrappedKeys;
  readonly #beforeChange: BeforeChange;

  constructor(db: Database, keys: WrappedKeys, beforeChange: BeforeChange) {
    this.#db = db;
    this.#keys = keys;
    this.#beforeChange = beforeChange;
  }

  /** @throws Refusal 409 `hook_exists` when the app has one of that name */
  create(
    app: Pick<AppRow, 'id' | 'name'>,
    { name, kind, branch, secret, personId, actor }: NewHook,
  ): HookRow {
    return this.#db.transaction(() => {
      const id = newId();
      const chosen = name ?? this.#freeName(app.id, kind);
      this.#beforeChange(app.id);
      if (this.#named(app.id, chosen)) {
        throw new Refusal(
          409,
          'hook_exists',
          `${app.name} has a hook named ${chosen} already`,
          'choose another name: sluice hooks:create --name NAME',
        );
      }
      this.#db.run(
        `INSERT INTO hooks (id, app_id, name, kind, branch, secret, person_id, actor_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        id,
        app.id,
        chosen,
        kind,
        branch ?? null,
        this.#seal(app.id, id, secret),
        personId,
        actor(chosen),
        Date.now(),
      );
      return this.require(id);
    });
  }

  byId(id: string): HookRow | undefined {
    return this.#db.get<HookRow>('SELECT * FROM hooks WHERE id = ?', id);
  }

  require(id: string): HookRow {
    const hook = this.byId(id);
    if (!hook) throw new Error(`no hook ${id}`);
    return hook;
  }

  of(appId: string): HookRow[] {
    return this.#db.all<HookRow>('SELECT * FROM hooks WHERE app_id = ? ORDER BY name', appId);
  }

  /** By id or by name. */
  find(appId: string, idOrName: string): HookRow | undefined {
    const hook = this.byId(idOrName);
    return hook?.app_id === appId ? hook : this.#named(appId, idOrName);
  }

  /** All that the hooks of an app have, also what a rotation has ended. */
  secretsOf(appId: string | null): SecretValue[] {
    if (appId === null) return [];
    return this.of(appId).flatMap((hook) =>
      [hook.secret, hook.old_secret]
        .filter((box) => box !== null)
        .map((box) => ({
          name: 'HOOK_SECRET',
          value: this.#keys.ofApp(appId).open(box, place(hook.id)).toString(),
        })),
    );
  }

  holders(): string[] {
    return this.#db.all<{ id: string }>('SELECT DISTINCT app_id AS id FROM hooks').map(({ id }) => id);
  }

  /** Those that a signature may be by: the newest, and the one before while it is good. */
  signingSecrets(app: AppRow, hook: HookRow, now: number): string[] {
    const boxes = [hook.secret];
    if (hook.old_secret !== null && (hook.old_until ?? 0) > now) boxes.push(hook.old_secret);
    const key = this.#keys.ofApp(app.id);
    return boxes.map((box) => key.open(box, place(hook.id)).toString());
  }

  /** @param oldUntil milliseconds since 1970 to which the secret until now stays good; undefined: it ends at once */
  rotate(app: AppRow, hook: HookRow, secret: string, oldUntil: number | undefined): HookRow {
    this.#beforeChange(app.id);
    this.#db.run(
      'UPDATE hooks SET old_secret = ?, old_until = ?, secret = ?, rotated_at = ? WHERE id = ?',
      oldUntil === undefined ? null : hook.secret,
      oldUntil ?? null,
      this.#seal(app.id, hook.id, secret),
      Date.now(),
      hook.id,
    );
    return this.require(hook.id);
  }

  setEnabled(id: string, enabled: boolean): HookRow {
    this.#db.run('UPDATE hooks SET enabled = ? WHERE id = ?', enabled ? 1 : 0, id);
    return this.require(id);
  }

  remove(id: string): void {
    this.#beforeChange(this.require(id).app_id);
    this.#db.run('DELETE FROM hooks WHERE id = ?', id);
  }

  /** That a message was not taken, for whoever sets the hook up. */
  noteRefused(id: string, code: string, now = Date.now()): void {
    this.#db.run(
      'UPDATE hooks SET refused_at = ?1, refused_code = ?2 WHERE id = ?3 AND (refused_at IS NULL OR abs(?1 - refused_at) > ?4)',
      now,
      code,
      id,
      NOTED_EVERY_MS,
    );
  }

  #seal(appId: string, hookId: string, secret: string): Buffer {
    return this.#keys.ofApp(appId).seal(Buffer.from(secret), place(hookId));
  }

  #named(appId: string, name: string): HookRow | undefined {
    return this.#db.get<HookRow>('SELECT * FROM hooks WHERE app_id = ? AND name = ?', appId, name);
  }

  /** `github`, `github-2`, … */
  #freeName(appId: string, kind: HookKind): string {
    for (let number = 1; ; number++) {
      const name = number === 1 ? kind : `${kind}-${number}`;
      if (!this.#named(appId, name)) return name;
    }
  }
}

/** A box opens in its own row only. */
function place(hookId: string): string {
  return `hook:${hookId}`;
}
