import { AppSecrets, type BeforeChange, type SecretRoom } from './app-secrets.ts';
import { Apps } from './apps.ts';
import { Builds } from './builds.ts';
import { Configs, type SecretValue } from './config.ts';
import { Database } from './database.ts';
import { Deliveries } from './deliveries.ts';
import { Domains } from './domains.ts';
import { Events } from './events.ts';
import { Feed } from './feed.ts';
import { Hooks } from './hooks.ts';
import { Redactors } from '../redaction/redactors.ts';
import { newId } from './ids.ts';
import { LinkedRepositories } from './linked-repositories.ts';
import { NotifyEndpoints } from './notify-endpoints.ts';
import { OutgoingQueue } from './outgoing.ts';
import { People } from './people.ts';
import { Releases } from './releases.ts';
import { Reserve } from './reserve.ts';
import { Rollouts } from './rollouts.ts';
import { Scale } from './scale.ts';
import { Tokens } from './tokens.ts';
import type { Vault } from './vault.ts';
import { WrappedKeys } from './wrapped-keys.ts';

/** Bytes that opening the journal may write. */
const TO_OPEN = 1024 * 1024;

export interface StoreOptions {
  readonly reserve?: Reserve | undefined;
  /** For a journal that is new; absent: one is made. */
  readonly installationId?: string | undefined;
  /** What the platform itself must not say. */
  readonly secrets?: readonly SecretValue[] | undefined;
  /** What runs containers; `docker` unless said. */
  readonly engine?: string;
}

/** The journal, one room an entity. The server is its only writer. */
export class Store {
  readonly db: Database;
  readonly apps: Apps;
  readonly builds: Builds;
  readonly configs: Configs;
  readonly deliveries: Deliveries;
  readonly domains: Domains;
  readonly events: Events;
  readonly hooks: Hooks;
  readonly keys: WrappedKeys;
  readonly linkedRepositories: LinkedRepositories;
  readonly notifyEndpoints: NotifyEndpoints;
  readonly outgoing: OutgoingQueue;
  readonly feed: Feed;
  readonly people: People;
  /** What is written for people to read goes through these first. */
  readonly redactors: Redactors;
  readonly releases: Releases;
  readonly rollouts: Rollouts;
  readonly scale: Scale;
  readonly secrets: AppSecrets;
  readonly tokens: Tokens;
  readonly #reserve: Reserve | undefined;
  readonly installationId: string;
  readonly targetId: string;
  /**
   * Rises with each server that opens this journal, so that an older one can be told from the newest. Where a cluster and
   * its routers remember it, it is never less than the seconds since 1970: a journal from a backup would be behind them.
   */
  readonly generation: number;

  /** @throws Error when the journal is of another installation, or of another engine, than it is opened for */
  constructor(file: string, vault: Vault, options: StoreOptions = {}) {
    const { reserve = file === ':memory:' ? undefined : new Reserve(`${file}.reserve`) } = options;
    this.#reserve = reserve;
    // On a disk that is full the server starts all the same: what must work then needs it.
    reserve?.makeRoom(TO_OPEN);
    this.db = new Database(file);
    this.keys = new WrappedKeys(this.db, vault);
    this.apps = new Apps(this.db, this.keys);
    this.configs = new Configs(this.db, this.keys);
    const beforeChange: BeforeChange = (appId) => this.secrets.beforeChange(appId);
    this.linkedRepositories = new LinkedRepositories(this.db, this.keys, beforeChange);
    this.notifyEndpoints = new NotifyEndpoints(this.db, this.keys, beforeChange);
    this.hooks = new Hooks(this.db, this.keys, beforeChange);
    const own: SecretRoom = {
      secretsOf: (appId) => (appId === null ? (options.secrets ?? []) : []),
      holders: () => [null],
    };
    this.secrets = new AppSecrets(this.configs, [
      this.linkedRepositories,
      this.notifyEndpoints,
      this.hooks,
      own,
    ]);
    this.redactors = new Redactors(this.secrets);
    this.builds = new Builds(this.db, this.redactors);
    this.deliveries = new Deliveries(this.db, this.redactors);
    this.domains = new Domains(this.db);
    this.people = new People(this.db);
    this.events = new Events(this.db, this.keys, this.redactors, this.people);
    this.outgoing = new OutgoingQueue(this.db, this.redactors);
    this.feed = new Feed(this.db);
    this.releases = new Releases(this.db);
    this.rollouts = new Rollouts(this.db, this.redactors);
    this.scale = new Scale(this.db);
    this.tokens = new Tokens(this.db);
    const opened = this.db.transaction(() => this.#open(options));
    this.installationId = opened.installationId;
    this.targetId = opened.targetId;
    this.generation = opened.generation;
  }

  transaction<T>(work: () => T): T {
    return this.db.transaction(work);
  }

  /** Changes whenever an app has come or gone, or a build or a rollout has ended. */
  lastEnds(): unknown {
    return this.db.get(
      `SELECT (SELECT count(*) FROM apps) AS apps, (SELECT max(ended_at) FROM attempts) AS attempt,
       (SELECT max(finished_at) FROM rollouts) AS rollout`,
    );
  }

  /** Keeps room on the journal's disk for what must work when it is full. */
  keepRoom(): void {
    this.#reserve?.fill();
  }

  /** Before what must work when the disk is full: lets that room go if there is hardly any other. */
  makeRoom(): void {
    this.#reserve?.makeRoom();
  }

  close(): void {
    this.db.close();
  }

  #open(asked: StoreOptions): { installationId: string; targetId: string; generation: number } {
    const installationId =
      this.#meta('installation_id') ?? this.#setMeta('installation_id', asked.installationId ?? newId());
    if (asked.installationId !== undefined && asked.installationId !== installationId) {
      throw new Error(
        `this journal is of installation ${installationId}, not of ${asked.installationId}: set SLUICE_INSTALLATION_ID to the first, or SLUICE_DATA_DIR to another folder`,
      );
    }
    const engine = asked.engine ?? 'docker';
    const least = engine === 'kubernetes' ? Math.floor(Date.now() / 1_000) : 1;
    const generation = Math.max(Number(this.#meta('generation') ?? '0') + 1, least);
    this.#setMeta('generation', String(generation));
    this.keys.check();
    this.events.open();
    const target = this.db.get<{ id: string; engine: string }>(
      "SELECT id, engine FROM targets WHERE name = 'local'",
    );
    if (target && target.engine !== engine) {
      throw new Error(
        `this journal's apps run on ${target.engine}, not on ${engine}: set SLUICE_ENGINE=${target.engine}, or SLUICE_DATA_DIR to another folder`,
      );
    }
    const targetId = target?.id ?? newId();
    if (!target) {
      this.db.run(
        "INSERT INTO targets (id, name, engine, created_at) VALUES (?, 'local', ?, ?)",
        targetId,
        engine,
        Date.now(),
      );
    }
    return { installationId, targetId, generation };
  }

  #meta(key: string): string | undefined {
    return this.db.get<{ value: string }>('SELECT value FROM meta WHERE key = ?', key)?.value;
  }

  #setMeta(key: string, value: string): string {
    this.db.run(
      'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
      key,
      value,
    );
    return value;
  }
}
