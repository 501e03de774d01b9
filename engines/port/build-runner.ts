import type { Manifest } from '../../core/manifest/manifest.ts';
import type { Reason } from '../../core/reason.ts';

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
