import type { PinnedReference } from '../../core/image-reference.ts';
import type { BuiltImage } from './build-runner.ts';
import type { EngineUsage, Period } from './disk.ts';
import type { LogLine, LogOptions } from './logs.ts';
import type { OneOff, OneOffCommand, OneOffState } from './one-offs.ts';
import type { AppRef, ReleaseSpec } from './releases.ts';
import type { ListedReplica, Replica } from './replicas.ts';

export type KeptRelease = Pick<Replica, 'appId' | 'releaseId'>;

export interface Workloads {
  /** Makes what an app needs once (its network). */
  prepareApp(app: AppRef): Promise<void>;
  /**
   * Makes the processes of a release be so: starts what is missing, stops with grace what is too many.
   * Resolves when all that has been asked for exists, not when it is ready: see `observe`.
   * @throws Refusal with a reason that people can act on (image missing, no address left, …)
   */
  ensure(release: ReleaseSpec): Promise<void>;
  /** Every replica of this installation, or of one app. */
  observe(appId?: string): Promise<Replica[]>;
  /** Every replica of this installation, by one question to the engine and none to the replicas. */
  list(): Promise<ListedReplica[]>;
  /** Calls back whenever something about an app's replicas changed; returns how to stop. */
  watch(changed: (appId: string) => void): () => void;
  /** Replaces a release's replicas one after the other (`ps:restart`), one process type or all. */
  restart(release: ReleaseSpec, processType?: string): Promise<void>;
  /** Stops with grace and removes all replicas of a release, keeping their last logs. */
  removeRelease(app: AppRef, releaseId: string, graceSeconds: number): Promise<void>;
  /**
   * Releases of which the engine keeps something, also those that never had a replica: `removeRelease` takes it away. Absent:
   * it keeps nothing but replicas.
   */
  kept?(appId?: string): Promise<readonly KeptRelease[]>;
  /** Removes everything of an app: replicas, one-offs, network, images. */
  removeApp(appId: string): Promise<void>;
  /** Runs one command in a release's image with its env, in the app's network; removed when it ends. */
  run(release: ReleaseSpec, command: OneOffCommand): Promise<OneOff>;
  /** How a one-off of this key stands, so that a release phase runs at most once. */
  findOneOff(appId: string, key: string): Promise<OneOffState | undefined>;
  /**
   * Kills a one-off of this key, whoever started it; resolves when it runs no more. How it ended is then known as if it
   * had ended by itself.
   */
  endOneOff(appId: string, key: string): Promise<void>;
  /** Last lines of an app's running and recently ended replicas, oldest first; `follow` goes on until aborted. */
  logs(app: AppRef, options: LogOptions): AsyncIterable<LogLine>;
  /**
   * Makes an image of a registry one of the app's, so that it is there when the registry is not.
   * @throws Refusal `image_not_found`, `image_refused` (its registry wants a login), `registry_unreachable`, `image_unfit`,
   *   and on Kubernetes `image_runs_as_root` and `image_user_unknown`; the signal's reason once it is aborted
   */
  adoptImage(app: AppRef, reference: PinnedReference, signal: AbortSignal): Promise<BuiltImage>;
  /** Images of an app that the engine holds. */
  images(appId: string): Promise<{ image: string; sizeBytes: number; createdAt: number }[]>;
  removeImage(appId: string, image: string): Promise<void>;
  /**
   * What this installation takes of the engine's disk. May take seconds: not for a request's way.
   * @param built when builds of this installation ran: what tells their cache from that of others
   */
  usage(built: readonly Period[]): Promise<EngineUsage>;
  /**
   * Lets build cache go, longest unused first: only what builds in these periods made, and no layer of an image.
   * @returns bytes freed: about what was asked for, or all that there was
   */
  trimBuildCache(bytes: number, built: readonly Period[]): Promise<number>;
  /** Removes what belongs to this installation and to no app in `appIds`. */
  sweep(appIds: ReadonlySet<string>): Promise<void>;
}
