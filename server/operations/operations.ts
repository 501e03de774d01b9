import type { ReleaseSpec } from '../../engines/port.ts';
import type { PushOptions } from '../../core/push-options.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { ChangedConfig, ConfigRelease } from './change-config.ts';
import type { SecretRotation, SecretsChange } from './secrets.ts';
import type { ImageWish } from './release-image.ts';
import type { Steering } from './steering.ts';

/**
 * What people can do to the platform, apart from how they ask for it. Each method journals first and lets the
 * controller do the rest; who may call it is checked before, at the edge. All throw Refusal for what is refused.
 */
export interface Operations {
  createApp(person: PersonRow, name: string): Promise<AppRow>;
  /** It is still found by its old name, and answers at the old host, until another app takes the name. */
  renameApp(person: PersonRow, app: AppRow, name: string): Promise<AppRow>;
  /** The router answers for the app while it is on; a canary waits. */
  setMaintenance(person: PersonRow, app: AppRow, on: boolean): Promise<AppRow>;
  /** Returns once nobody can reach the app any more; what it had is removed behind the scenes. */
  destroyApp(person: PersonRow, app: AppRow): Promise<void>;
  acceptPush(
    person: PersonRow,
    app: AppRow,
    push: { commit: string; old: string; options: PushOptions; pushId?: string | undefined },
  ): Promise<{ build: BuildRow; attached: boolean }>;
  rebuild(
    person: PersonRow,
    app: AppRow,
    what: { commit?: string; noCache: boolean; now: boolean },
  ): Promise<BuildRow>;
  /** Builds a commit that the app's repository has, for who does not wait; once for each name. */
  deployCommit(
    person: PersonRow,
    app: AppRow,
    what: { readonly commit: string; readonly name: string },
  ): Promise<BuildRow>;
  /** An image of a registry by its digest, without a build. Resolves once it is here and its release is journalled. */
  releaseImage(person: PersonRow, app: AppRow, wish: ImageWish): Promise<ReleaseRow>;
  /** Cancels a build, or the rollout of its release while that has not ended. */
  cancelBuild(person: PersonRow, app: AppRow, build: BuildRow): Promise<BuildRow>;
  /**
   * null removes a key. The release is there when one is live (or on its way) and something changed for containers; it
   * walks the steps of the release that it changes unless `now`. With `release: false` the next one takes the change.
   */
  setConfig(
    person: PersonRow,
    app: AppRow,
    changes: Record<string, string | null>,
    options?: ConfigRelease,
  ): Promise<ChangedConfig>;
  /** Like `setConfig`; what is set are secrets from then on. */
  setSecrets(person: PersonRow, app: AppRow, change: SecretsChange): Promise<ChangedConfig>;
  /** A new value for a secret that is there. */
  rotateSecret(person: PersonRow, app: AppRow, rotation: SecretRotation): Promise<ChangedConfig>;
  /** Immediate; with `canary` it walks the steps of the release that it goes back to. */
  rollback(
    person: PersonRow,
    app: AppRow,
    number?: number,
    options?: { canary?: boolean },
  ): Promise<ReleaseRow>;
  /** @param release number of the release whose rollout is meant */
  steerRollout(person: PersonRow, app: AppRow, release: number, steering: Steering): Promise<RolloutRow>;
  scale(person: PersonRow, app: AppRow, processes: Record<string, number>): Promise<void>;
  restart(person: PersonRow, app: AppRow, process?: string): Promise<void>;
  addDomain(person: PersonRow, app: AppRow, host: string): Promise<void>;
  removeDomain(person: PersonRow, app: AppRow, host: string): Promise<void>;
  /** The live release as the engine runs it; undefined while nothing is live. */
  liveSpec(app: AppRow): ReleaseSpec | undefined;
}
