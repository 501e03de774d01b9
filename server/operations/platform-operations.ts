import { Refusal } from '../../core/reason.ts';
import type { PushOptions } from '../../core/push-options.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import { releaseSpec } from '../release-spec.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import { renameApp, setMaintenance } from './apps.ts';
import { cancelBuild } from './cancel.ts';
import type { ChangedConfig, ConfigRelease } from './change-config.ts';
import { setConfig } from './config.ts';
import type { OperationDeps } from './deps.ts';
import { deployCommit } from './deploy-commit.ts';
import { takeIn } from './intake.ts';
import type { Operations } from './operations.ts';
import { type ImageWish, releaseImage } from './release-image.ts';
import { requireApp } from './require-app.ts';
import { rollback } from './rollback.ts';
import { steerRollout } from './rollouts.ts';
import { rotateSecret, type SecretRotation, type SecretsChange, setSecrets } from './secrets.ts';
import type { Steering } from './steering.ts';

export class PlatformOperations implements Operations {
  readonly #deps: OperationDeps;

  constructor(deps: OperationDeps) {
    this.#deps = deps;
  }

  async createApp(person: PersonRow, name: string): Promise<AppRow> {
    const { store, repositories, workloads } = this.#deps;
    const lost = store.apps.formerHolder(name);
    const app = store.transaction(() => {
      const created = store.apps.create(name, person.id, store.targetId);
      store.events.record('app.create', person.id, created.id, { name });
      return created;
    });
    // The app that had this name before lets go of its host.
    if (lost !== undefined) this.#changed(lost);
    try {
      await repositories.create(app.id, app.deploy_branch);
    } catch (error) {
      this.#takeBack(app);
      throw error;
    }
    // The first push need not wait for its network; if this fails, the rollout makes it and says why not.
    await workloads.prepareApp({ id: app.id, name: app.name }).catch(() => undefined);
    this.#changed(app.id);
    return app;
  }

  /** Whoever is told that it failed asks again by the same name. Where not even this can be written, the controller goes on. */
  #takeBack(app: AppRow): void {
    try {
      this.#deps.store.apps.markDestroyed(app.id);
    } catch {
      // What is told is why it failed, not that this did.
    }
    this.#changed(app.id);
  }

  async renameApp(person: PersonRow, app: AppRow, name: string): Promise<AppRow> {
    return renameApp(this.#deps, person, app, name);
  }

  async setMaintenance(person: PersonRow, app: AppRow, on: boolean): Promise<AppRow> {
    return setMaintenance(this.#deps, person, app, on);
  }

  async destroyApp(person: PersonRow, app: AppRow): Promise<void> {
    const { store } = this.#deps;
    store.makeRoom();
    store.transaction(() => {
      store.apps.markDestroyed(app.id);
      store.events.record('app.destroy', person.id, app.id, { name: app.name });
    });
    this.#changed(app.id);
  }

  async acceptPush(
    person: PersonRow,
    app: AppRow,
    push: { commit: string; old: string; options: PushOptions; pushId?: string | undefined },
  ): Promise<{ build: BuildRow; attached: boolean }> {
    const { commit, old, options, pushId } = push;
    return takeIn(this.#deps, person, app.id, {
      commit,
      old,
      options,
      source: 'push',
      ...(pushId === undefined ? {} : { pushId }),
    });
  }

  async rebuild(
    person: PersonRow,
    app: AppRow,
    what: { commit?: string; noCache: boolean; now: boolean },
  ): Promise<BuildRow> {
    const { repositories } = this.#deps;
    const commit = what.commit ?? (await repositories.branch(app.id, app.deploy_branch));
    if (commit === undefined) {
      throw new Refusal(
        409,
        'nothing_to_build',
        `${app.name} has no live commit yet`,
        `git push platform ${app.deploy_branch}`,
      );
    }
    if (!(await repositories.hasCommit(app.id, commit))) {
      throw new Refusal(
        404,
        'commit_not_found',
        `${app.name} has no commit ${commit.slice(0, 12)}`,
        'push it, or see `sluice builds` for those that are there',
      );
    }
    const options = {
      wait: 'live',
      detach: true,
      now: what.now,
      noCache: what.noCache,
      supersede: false,
    } as const;
    return (await takeIn(this.#deps, person, app.id, { commit, options, source: 'api' })).build;
  }

  async deployCommit(
    person: PersonRow,
    app: AppRow,
    what: { readonly commit: string; readonly name: string },
  ): Promise<BuildRow> {
    return deployCommit(this.#deps, person, app, what);
  }

  async releaseImage(person: PersonRow, app: AppRow, wish: ImageWish): Promise<ReleaseRow> {
    return releaseImage(this.#deps, person, app.id, wish);
  }

  async cancelBuild(person: PersonRow, _app: AppRow, build: BuildRow): Promise<BuildRow> {
    return cancelBuild(this.#deps, person, build.id);
  }

  async setConfig(
    person: PersonRow,
    app: AppRow,
    changes: Record<string, string | null>,
    how: ConfigRelease = {},
  ): Promise<ChangedConfig> {
    return setConfig(this.#deps, person, app, { ...how, values: changes });
  }

  async setSecrets(person: PersonRow, app: AppRow, change: SecretsChange): Promise<ChangedConfig> {
    return setSecrets(this.#deps, person, app, change);
  }

  async rotateSecret(person: PersonRow, app: AppRow, rotation: SecretRotation): Promise<ChangedConfig> {
    return rotateSecret(this.#deps, person, app, rotation);
  }

  async rollback(
    person: PersonRow,
    app: AppRow,
    number?: number,
    options: { canary?: boolean } = {},
  ): Promise<ReleaseRow> {
    return rollback(this.#deps, person, app.id, number, options);
  }

  async steerRollout(
    person: PersonRow,
    app: AppRow,
    release: number,
    steering: Steering,
  ): Promise<RolloutRow> {
    return steerRollout(this.#deps, person, app.id, release, steering);
  }

  async scale(person: PersonRow, app: AppRow, wanted: Record<string, number>): Promise<void> {
    const { store } = this.#deps;
    requireApp(store, app.id);
    const known = this.liveSpec(app)?.processes.map((process) => process.type);
    const unknown = Object.keys(wanted).find((process) => known && !known.includes(process));
    if (unknown !== undefined) {
      throw new Refusal(
        422,
        'process_unknown',
        `${app.name} has no process "${unknown}"`,
        `it has: ${known?.join(', ')}; the Procfile names them`,
      );
    }
    store.transaction(() => {
      for (const [process, replicas] of Object.entries(wanted)) store.scale.set(app.id, process, replicas);
      store.events.record('ps.scale', person.id, app.id, wanted);
    });
    this.#changed(app.id);
  }

  async restart(person: PersonRow, app: AppRow, process?: string): Promise<void> {
    const spec = this.liveSpec(app);
    if (!spec)
      throw new Refusal(
        409,
        'nothing_live',
        `${app.name} has no live release to restart`,
        'git push platform main',
      );
    if (process !== undefined && !spec.processes.some(({ type }) => type === process)) {
      throw new Refusal(
        422,
        'process_unknown',
        `${app.name} has no process "${process}"`,
        `sluice ps -a ${app.name}`,
      );
    }
    this.#deps.store.events.record('ps.restart', person.id, app.id, { process: process ?? 'all' });
    await this.#deps.workloads.restart(spec, process);
    this.#changed(app.id);
  }

  async addDomain(person: PersonRow, app: AppRow, host: string): Promise<void> {
    const { store, settings } = this.#deps;
    if (host === settings.domain || host.endsWith(`.${settings.domain}`)) {
      throw new Refusal(
        422,
        'domain_reserved',
        `${host} belongs to the platform's own domain`,
        `the app answers at ${app.name}.${settings.domain} already`,
      );
    }
    store.transaction(() => {
      requireApp(store, app.id);
      store.domains.add(app.id, host);
      store.events.record('domain.add', person.id, app.id, { host });
    });
    this.#changed(app.id);
  }

  async removeDomain(person: PersonRow, app: AppRow, host: string): Promise<void> {
    const { store } = this.#deps;
    store.transaction(() => {
      if (!store.domains.remove(app.id, host)) {
        throw new Refusal(
          404,
          'domain_not_found',
          `${app.name} has no domain ${host}`,
          `sluice domains -a ${app.name}`,
        );
      }
      store.events.record('domain.remove', person.id, app.id, { host });
    });
    this.#changed(app.id);
  }

  liveSpec(app: AppRow): ReleaseSpec | undefined {
    const { store, settings } = this.#deps;
    const id = store.apps.byId(app.id)?.live_release_id ?? null;
    return id === null ? undefined : releaseSpec(store, settings.domain, app, store.releases.require(id));
  }

  #changed(appId: string): void {
    this.#deps.changes.notify(appId);
  }
}
