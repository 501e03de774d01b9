import type { ReleaseSpec } from '../../../../engines/port.ts';
import type { Refusal } from '../../../../core/reason.ts';
import { Changes } from '../../../../server/changes.ts';
import { KeyedLock } from '../../../../server/keyed-lock.ts';
import type { BuildLogs } from '../../../../server/logs.ts';
import type {
  ChangedConfig,
  ConfigDeps,
  ConfigRelease,
} from '../../../../server/operations/change-config.ts';
import { setConfig } from '../../../../server/operations/config.ts';
import { renameApp, setMaintenance } from '../../../../server/operations/apps.ts';
import type { Operations } from '../../../../server/operations/operations.ts';
import type { ImageWish } from '../../../../server/operations/release-image.ts';
import { steerRollout } from '../../../../server/operations/rollouts.ts';
import {
  rotateSecret,
  type SecretRotation,
  type SecretsChange,
  setSecrets,
} from '../../../../server/operations/secrets.ts';
import type { Steering } from '../../../../server/operations/steering.ts';
import { releaseSpec } from '../../../../server/release-spec.ts';
import type { AppRow } from '../../../../server/store/apps.ts';
import type { BuildRow } from '../../../../server/store/builds.ts';
import type { PersonRow } from '../../../../server/store/people.ts';
import type { ReleaseRow } from '../../../../server/store/releases.ts';
import type { RolloutRow } from '../../../../server/store/rollouts.ts';
import type { Store } from '../../../../server/store/store.ts';
import { COMMIT, makeBuild, makeRelease } from './rows.ts';

export interface RecordedCall {
  readonly name: string;
  readonly person: string;
  readonly app?: string;
  readonly what?: unknown;
}

/** Writes down who asked for what, and journals just enough for the API to have something to show. */
export class RecordedOperations implements Operations {
  readonly calls: RecordedCall[] = [];
  /** Awaited before anything is done, so that a test can hold a request open. */
  gate: Promise<unknown> = Promise.resolve();
  /** What the next operation refuses with. */
  refusal: Refusal | Error | undefined;
  readonly #store: Store;
  readonly #journal: Parameters<typeof steerRollout>[0] & ConfigDeps;

  constructor(store: Store, buildLogs: BuildLogs) {
    this.#store = store;
    this.#journal = { store, buildLogs, lock: new KeyedLock(), changes: new Changes() };
  }

  async createApp(person: PersonRow, name: string): Promise<AppRow> {
    await this.#record({ name: 'createApp', person: person.name, what: name });
    return this.#store.apps.create(name, person.id, this.#store.targetId);
  }

  /** The real ones: there is only the journal behind them. */
  async renameApp(person: PersonRow, app: AppRow, name: string): Promise<AppRow> {
    await this.#record({ name: 'renameApp', person: person.name, app: app.name, what: name });
    return renameApp(this.#journal, person, app, name);
  }

  async setMaintenance(person: PersonRow, app: AppRow, on: boolean): Promise<AppRow> {
    await this.#record({ name: 'setMaintenance', person: person.name, app: app.name, what: on });
    return setMaintenance(this.#journal, person, app, on);
  }

  async destroyApp(person: PersonRow, app: AppRow): Promise<void> {
    await this.#record({ name: 'destroyApp', person: person.name, app: app.name });
    this.#store.apps.markDestroyed(app.id);
  }

  async acceptPush(): Promise<{ build: BuildRow; attached: boolean }> {
    throw new Error('no route of the public API accepts a push');
  }

  async rebuild(
    person: PersonRow,
    app: AppRow,
    what: { commit?: string; noCache: boolean; now: boolean },
  ): Promise<BuildRow> {
    await this.#record({ name: 'rebuild', person: person.name, app: app.name, what });
    return makeBuild(this.#store, app, { person, commit: what.commit ?? COMMIT, source: 'api' });
  }

  async deployCommit(): Promise<BuildRow> {
    throw new Error('no route of the public API takes what a hook brings');
  }

  async releaseImage(person: PersonRow, app: AppRow, { image }: ImageWish): Promise<ReleaseRow> {
    await this.#record({ name: 'releaseImage', person: person.name, app: app.name, what: image });
    return makeRelease(this.#store, app, { source: 'image', image, person });
  }

  async cancelBuild(person: PersonRow, app: AppRow, build: BuildRow): Promise<BuildRow> {
    await this.#record({ name: 'cancelBuild', person: person.name, app: app.name, what: build.number });
    this.#store.builds.move(build.id, 'cancel');
    return this.#store.builds.require(build.id);
  }

  /** The real ones: there is only the journal behind them. */
  async setConfig(
    person: PersonRow,
    app: AppRow,
    changes: Record<string, string | null>,
    how: ConfigRelease = {},
  ): Promise<ChangedConfig> {
    await this.#record({ name: 'setConfig', person: person.name, app: app.name, what: changes });
    return setConfig(this.#journal, person, app, { ...how, values: changes });
  }

  async setSecrets(person: PersonRow, app: AppRow, change: SecretsChange): Promise<ChangedConfig> {
    await this.#record({ name: 'setSecrets', person: person.name, app: app.name, what: change });
    return setSecrets(this.#journal, person, app, change);
  }

  async rotateSecret(person: PersonRow, app: AppRow, rotation: SecretRotation): Promise<ChangedConfig> {
    await this.#record({ name: 'rotateSecret', person: person.name, app: app.name, what: rotation });
    return rotateSecret(this.#journal, person, app, rotation);
  }

  async rollback(
    person: PersonRow,
    app: AppRow,
    number?: number,
    options: { canary?: boolean } = {},
  ): Promise<ReleaseRow> {
    const what = { number, ...options };
    await this.#record({ name: 'rollback', person: person.name, app: app.name, what });
    return makeRelease(this.#store, app, { source: 'rollback', rollbackOf: number ?? 1, person });
  }

  /** The real one: there is only the journal behind it. */
  async steerRollout(
    person: PersonRow,
    app: AppRow,
    release: number,
    steering: Steering,
  ): Promise<RolloutRow> {
    await this.#record({ name: steering, person: person.name, app: app.name, what: release });
    return steerRollout(this.#journal, person, app.id, release, steering);
  }

  async scale(person: PersonRow, app: AppRow, processes: Record<string, number>): Promise<void> {
    await this.#record({ name: 'scale', person: person.name, app: app.name, what: processes });
    for (const [type, replicas] of Object.entries(processes)) this.#store.scale.set(app.id, type, replicas);
  }

  async restart(person: PersonRow, app: AppRow, process?: string): Promise<void> {
    await this.#record({ name: 'restart', person: person.name, app: app.name, what: process });
  }

  async addDomain(person: PersonRow, app: AppRow, host: string): Promise<void> {
    await this.#record({ name: 'addDomain', person: person.name, app: app.name, what: host });
    this.#store.domains.add(app.id, host);
  }

  async removeDomain(person: PersonRow, app: AppRow, host: string): Promise<void> {
    await this.#record({ name: 'removeDomain', person: person.name, app: app.name, what: host });
    this.#store.domains.remove(app.id, host);
  }

  liveSpec(app: AppRow): ReleaseSpec | undefined {
    const id = this.#store.apps.require(app.id).live_release_id;
    return id === null
      ? undefined
      : releaseSpec(this.#store, 'example.test', app, this.#store.releases.require(id));
  }

  async #record(call: RecordedCall): Promise<void> {
    this.calls.push(call);
    await this.gate;
    if (this.refusal) throw this.refusal;
  }
}
