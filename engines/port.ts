import type { Duplex } from 'node:stream';
import type { LatencyCounts } from '../core/canary/latency.ts';
import type { PinnedReference } from '../core/image-reference.ts';
import type { Manifest } from '../core/manifest/manifest.ts';
import type { LogLevel } from '../core/logs/level.ts';
import { Refusal, type Reason } from '../core/reason.ts';
import type { ReasonCode } from '../core/reasons/reasons.ts';

/**
 * The interfaces between the platform and what runs containers. `docker/` and `kubernetes/` implement them;
 * test/contract holds what every implementation must do. Every method may be called twice with the same
 * arguments and then does its work once: names follow from ids.
 */

// ---------------------------------------------------------------------------------------------- BuildRunner

export interface BuildTask {
  readonly installationId: string;
  readonly appId: string;
  readonly appName: string;
  readonly buildId: string;
  readonly buildNumber: number;
  readonly attempt: number;
  readonly commit: string;
  readonly manifest: Manifest;
  readonly noCache: boolean;
  /** Bytes of this attempt's log that the observer has had, from an earlier run of it too: they are not to come again. */
  readonly logBytes: number;
}

/** What an attempt is made from. It is no part of the task, which engines may write down. */
export interface BuildSource {
  /** The commit's files as tar entries without the end-of-archive blocks. May be called again. */
  openTree(): Promise<NodeJS.ReadableStream>;
  /** What commands may mount (`RUN --mount=type=secret`), by name. Asked for when one does, and kept in memory only. */
  secrets(): Promise<Readonly<Record<string, string>>>;
  /** Where something that runs elsewhere gets the same. */
  readonly remote?: RemoteSource;
}

/** URLs that answer `GET` with `Authorization: Bearer <token>` for as long as the attempt is under way. */
export interface RemoteSource {
  /** Tar entries. */
  readonly tree: string;
  /** A JSON object of names and values. */
  readonly secrets: string;
  readonly token: string;
}

export type Stage = 'test' | 'build';

export interface BuildObserver {
  /** Bytes for the build's log. Resolves when they are accepted; await it, it is the back pressure. */
  log(text: string | Uint8Array): Promise<void>;
  /** A stage begins. */
  stage(stage: Stage): Promise<void>;
  /**
   * A test stage ended well: `testImage` identifies its result (same inputs, same id), `cached` says that no
   * step ran. Returns the number of the build in which these tests last really ran, when that was another one.
   */
  tested(testImage: string, cached: boolean): Promise<number | undefined>;
}

export interface BuiltImage {
  /** Immutable reference that `Workloads` can start: an image id in the engine or a registry digest. */
  readonly image: string;
  /** Ports that the image exposes, lowest first. */
  readonly exposedPorts: readonly number[];
  readonly sizeBytes: number;
  /** User of the image config, '' when it is root by default. */
  readonly user: string;
}

export type BuildOutcome =
  | { readonly result: 'succeeded'; readonly image: BuiltImage; readonly baseDigests: Record<string, string> }
  | { readonly result: 'failed'; readonly reason: Reason }
  /** Ended through no fault of its own, such as by the loss of a machine: a next attempt may do better. */
  | { readonly result: 'lost'; readonly reason: Reason }
  | { readonly result: 'cancelled' };

/**
 * Reason of an aborted signal: the builder stops, and not the build. A runner whose builds outlive it leaves this one to
 * whoever runs the attempt next; others end it.
 */
export const BUILDER_STOPS = 'the builder stops';

export interface BuildRunner {
  /** Its builds outlive it, and the log that it gives is what they keep: nobody else may write into it. */
  readonly keepsLog?: boolean;
  /**
   * Runs the test stage and then the build stage of one attempt. Where builds outlive their runner, an attempt that runs
   * already is taken up again.
   * @param signal cancels: the promise settles as `cancelled` once nothing of the attempt runs any more
   * @throws when the engine cannot be reached; the attempt may then be tried again
   */
  run(
    task: BuildTask,
    source: BuildSource,
    observer: BuildObserver,
    signal: AbortSignal,
  ): Promise<BuildOutcome>;
  /**
   * Ends and removes whatever attempts of this installation still run that nobody wants; called again and again, as one that
   * is just over may be let end by itself.
   * @param keep tells those that are wanted (`buildId-attempt`); asked after the engine, so that what begins meanwhile stays
   */
  sweep(installationId: string, keep: () => Promise<ReadonlySet<string>>): Promise<void>;
}

// ------------------------------------------------------------------------------------------------ Workloads

export interface AppRef {
  readonly id: string;
  readonly name: string;
}

/** One release as the engine must run it. Immutable but for `processes[].replicas`. */
export interface ReleaseSpec {
  readonly app: AppRef;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly image: string;
  /** USER of the image, '' when it names none: a number, or two (`1000:1000`), where the engine resolves names. */
  readonly user: string;
  /** Config of this release plus PORT, SLUICE_RELEASE, SLUICE_COMMIT. */
  readonly env: Record<string, string>;
  /**
   * Contents by name, in `FILES_FOLDER` (core/config/files.ts) of each replica and one-off: readable by the image's user from
   * its first moment on, also when the engine starts it again by itself; in no image, and shown by no inspection.
   */
  readonly files: Readonly<Record<string, string>>;
  /** Port that `web` must listen on. */
  readonly port: number;
  /** Host that health requests carry: the app's own. */
  readonly host: string;
  readonly health: { readonly path: string; readonly timeoutSeconds: number };
  readonly graceSeconds: number;
  readonly processes: readonly ProcessSpec[];
}

export interface ProcessSpec {
  readonly type: string;
  /** Shell command of the Procfile (run by `/bin/sh -c`); absent: the image's own ENTRYPOINT and CMD. */
  readonly command?: string;
  readonly replicas: number;
}

/** `starting` until healthy (`web`) or running (others); `failed` never becomes healthy by itself. */
export type ReplicaState = 'starting' | 'ready' | 'unhealthy' | 'stopping' | 'exited' | 'failed';

export interface Replica {
  readonly appId: string;
  readonly releaseId: string;
  readonly process: string;
  /** 1 to n within its process. */
  readonly index: number;
  /** Name of the container or pod, for people. */
  readonly name: string;
  readonly state: ReplicaState;
  /** Where the router reaches it; only `web`, only once it has an address. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Of a cluster, whose EndpointSlices name the same addresses; only `web`. */
  readonly service?: ServiceRef;
  /** Why it is not ready. */
  readonly reason?: Reason;
  readonly restarts: number;
  /** How it last ended by itself, with what it wrote before that; stays there when it runs again. */
  readonly crash?: Reason;
  /** Milliseconds since 1970, when it last started. */
  readonly startedAt?: number;
}

/** What the engine's list says of a replica: not how it is. */
export interface ListedReplica extends Pick<
  Replica,
  'appId' | 'releaseId' | 'process' | 'index' | 'name' | 'address' | 'service'
> {
  readonly running: boolean;
}

export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly release: number;
  /** `web.1` */
  readonly source: string;
  readonly text: string;
}

export interface OneOff {
  /** Bytes both ways; with a terminal, output is raw, else stdout only is here. */
  readonly stream: Duplex;
  /** stderr when there is no terminal. */
  readonly stderr?: NodeJS.ReadableStream;
  resize(columns: number, rows: number): Promise<void>;
  /** Exit code of the command; 137 when it was killed. */
  readonly exit: Promise<{ code: number; oomKilled: boolean }>;
  kill(): Promise<void>;
}

/** A one-off's command was not begun, and never will be: nothing is in doubt of what it may have changed. */
export class NotBegun extends Refusal {
  constructor(status: number, { code, message, hint, detail }: Reason) {
    super(status, code as ReasonCode, message, hint, detail);
    this.name = 'NotBegun';
  }
}

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

/** Milliseconds since 1970, both ends included. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** In bytes. */
export interface EngineUsage {
  /** Layers that only images of this installation hold, each counted once: not those of their base images. */
  readonly images: number;
  /** What its builds left in the cache beyond the layers of images; undefined: the engine cannot tell now. */
  readonly buildCache: number | undefined;
  /** Cache that cannot be told to be its own; never touched. */
  readonly otherCache: number;
  /** Last lines of replicas that are gone. */
  readonly appLogs: number;
  /** Left on the engine's own disk, where it can be seen from here. */
  readonly free?: number;
}

/** `unbegun`: whoever prepared it is gone and it never began, nor will it: `run` with its key begins it anew. */
export type OneOffState =
  { readonly state: 'running' | 'unbegun' } | { readonly state: 'exited'; readonly code: number };

export interface OneOffCommand {
  /** Names it for ever: a second call with the same key is refused, unless the first is `unbegun`. */
  readonly key: string;
  /**
   * argv, or a shell command string of the Procfile. Of a string `findOneOff` knows how it ended for an hour;
   * of argv nothing is left once its exit code was read.
   */
  readonly command: readonly string[] | string;
  readonly tty: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** Called when all is prepared, right before the command begins; it does not when this throws. */
  readonly begins?: () => void;
}

export interface LogOptions {
  /** Lines from the end of the ring, 0 to 10,000. */
  readonly tail: number;
  readonly follow: boolean;
  readonly process?: string;
  /** Number of the only release whose lines are wanted. */
  readonly release?: number;
  /** Only lines from this moment on, in milliseconds since 1970. */
  readonly since?: number;
  /** Only lines of this level, or a worse one. */
  readonly level?: LogLevel;
  readonly signal?: AbortSignal;
}

// -------------------------------------------------------------------------------------------------- Traffic

export interface Route {
  readonly appId: string;
  readonly appName: string;
  /** All hosts of the app, lower case, without ports. */
  readonly hosts: readonly string[];
  /** Weights in parts of 10,000; they add up to 10,000, or the list is empty (no release yet: page 503). */
  readonly releases: readonly RouteRelease[];
  /** Weight 0: stays only so that its open requests can end. */
  readonly maintenance: boolean;
}

export interface RouteRelease {
  readonly releaseId: string;
  readonly weight: number;
  readonly backends: readonly { readonly host: string; readonly port: number }[];
  /** Where a router of a cluster sees by itself which of the backends are there. */
  readonly service?: ServiceRef;
  /** Replicas that went with their node: nothing that is open on them is answered any more, and nothing tells so. */
  readonly lost?: readonly { readonly host: string; readonly port: number }[];
}

/** A Service of a cluster. */
export interface ServiceRef {
  readonly namespace: string;
  readonly name: string;
}

/** Running totals since the router first saw the release; they do not go back when HAProxy or the router restarts. */
export interface ReleaseCounts {
  readonly releaseId: string;
  readonly requests: number;
  readonly errors5xx: number;
  /** Answers that the replica broke off. */
  readonly aborts: number;
  /**
   * Requests for which no replica took a connection, or whose replica broke them off when it was leaving already: among none
   * of the above, as they say nothing about the release. Its replicas may be gone with their node.
   */
  readonly unreached: number;
  /** Requests and upgraded connections open now. */
  readonly active: number;
  /**
   * Answers by the time to their first byte, in the buckets of core/canary/latency.ts. Measured while the app's traffic is
   * split; upgraded and event-stream answers are left out; it is no sample.
   */
  readonly latency: LatencyCounts;
}

export interface TrafficCounts {
  /** false: the proxy could not be asked now, and these are the totals of the last time. That is not "no traffic". */
  readonly fresh: boolean;
  readonly releases: readonly ReleaseCounts[];
}

/** One request of our own to one replica, by the way that users' requests take; not counted as traffic. */
export interface Probe {
  readonly host: string;
  readonly path: string;
  readonly backend: { readonly host: string; readonly port: number };
  /** 1 to 60,000. */
  readonly timeoutMs: number;
}

export interface ProbeResult {
  /** Absent: no answer, or only that of the proxy. */
  readonly status?: number;
  /** The replica took no connection: it may be gone, which says nothing about the release. */
  readonly unreached?: true;
  /** Milliseconds until the answer, or until it was given up. */
  readonly ms: number;
}

export interface Traffic {
  /** Makes one app's route be so; resolves when HAProxy answers by it and it is on disk for a restart. */
  apply(route: Route): Promise<void>;
  remove(appId: string): Promise<void>;
  /** Makes the whole table be so; apps not in it lose their routes. */
  sync(routes: readonly Route[]): Promise<void>;
  counts(): Promise<TrafficCounts>;
  /** @throws when the router or its proxy is not reached, which says nothing about the replica */
  probe(probe: Probe): Promise<ProbeResult>;
}
