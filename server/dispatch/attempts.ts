import type { Changes } from '../changes.ts';
import type { Store } from '../store/store.ts';
import { type Reason, reason } from '../../core/reason.ts';
import type { Logger } from 'pino';

/** A builder whose watch has been gone this long is taken for dead, in milliseconds (monotonic). */
export const LOST_AFTER_MS = 15_000;
/** For all that is not a stage: the tree, base images, an engine that is away. */
const OVERTIME_MS = 1_800_000;
/** A build that has killed this many builders is not given to another. */
export const MAX_ATTEMPTS = 3;
/** Milliseconds without a watch after which another builder takes an attempt up again that goes on without one. */
export const TAKEN_UP_AFTER_MS = 3_000;

/** What the end of a builder means for what it was working on. */
export interface AttemptPolicy {
  /** Attempts of one build; when the last is lost, so is the build. */
  readonly most: number;
  /** What builds outlives the builder that watches it, so that another one takes the same attempt up again. */
  readonly outliveBuilders: boolean;
}

/** A build runs on a connection of its builder, and ends with it. */
export const BUILDER_RUNS_IT: AttemptPolicy = { most: MAX_ATTEMPTS, outliveBuilders: false };
/** A build is a Job; a second node that is lost under it is taken for its own fault. */
export const CLUSTER_RUNS_IT: AttemptPolicy = { most: 2, outliveBuilders: true };

interface Watcher {
  readonly appId: string;
  readonly buildId: string;
  readonly attempt: number;
}

/**
 * Which attempts are really being worked on. A builder holds a watch open for each; the watch is its heart beat, and
 * the way in which a cancel reaches it.
 */
export class Attempts {
  readonly #store: Store;
  readonly #changes: Changes;
  readonly #log: Logger;
  readonly #policy: AttemptPolicy;
  readonly #watchers = new Set<Watcher>();
  /** When each open attempt was last watched, `performance.now()`. */
  readonly #seen = new Map<string, number>();
  /** When this server first saw each open attempt, `performance.now()`. */
  readonly #begun = new Map<string, number>();
  /** How often each open attempt was claimed from this server. */
  readonly #claims = new Map<string, number>();

  constructor(store: Store, changes: Changes, log: Logger, policy: AttemptPolicy = BUILDER_RUNS_IT) {
    this.#store = store;
    this.#changes = changes;
    this.#log = log;
    this.#policy = policy;
  }

  isCurrent(buildId: string, attempt: number): boolean {
    const build = this.#store.builds.byId(buildId);
    if (!build || build.attempt !== attempt) return false;
    const row = this.#store.builds.attempt(buildId, attempt);
    return row !== undefined && row.ended_at === null;
  }

  /** Holds until the returned function is called; `cancel` is called once the attempt must stop. */
  watch(appId: string, buildId: string, attempt: number, cancel: () => void): () => void {
    const watcher: Watcher = { appId, buildId, attempt };
    this.#watchers.add(watcher);
    let told = false;
    const off = this.#changes.on(appId, () => {
      if (told || this.isCurrent(buildId, attempt)) return;
      told = true;
      cancel();
    });
    return () => {
      off();
      this.#watchers.delete(watcher);
      this.#seen.set(key(buildId, attempt), performance.now());
      this.#changes.notify(appId);
    };
  }

  /** A builder has just claimed it: its watch must open within the usual time. */
  expect(buildId: string, attempt: number): void {
    const name = key(buildId, attempt);
    this.#seen.set(name, performance.now());
    this.#claims.set(name, (this.#claims.get(name) ?? 0) + 1);
  }

  /** Whether a claim of an attempt that was claimed before is one of its first builder alone. */
  get belongToBuilders(): boolean {
    return !this.#policy.outliveBuilders;
  }

  /** Whether an attempt under way has no builder, and waits for one to take it up again. */
  isAbandoned(buildId: string, attempt: number, now = performance.now()): boolean {
    if (this.belongToBuilders || !this.isCurrent(buildId, attempt)) return false;
    if (this.#watched(buildId, attempt)) return false;
    const seen = this.#seen.get(key(buildId, attempt));
    return seen !== undefined && now - seen > TAKEN_UP_AFTER_MS;
  }

  /** How often it was claimed: the same message is not sent twice for one of these times. */
  claims(buildId: string, attempt: number): number {
    return this.#claims.get(key(buildId, attempt)) ?? 0;
  }

  /** Attempts under way, as `buildId-attempt`: what runs and is not among them is nobody's. */
  open(): Set<string> {
    return new Set(this.#store.builds.openAttempts().map((attempt) => key(attempt.build_id, attempt.number)));
  }

  /** Whether a builder still works on another build of this app: an app's builds run one at a time. */
  othersRun(appId: string, buildId: string): boolean {
    return [...this.#watchers].some((watcher) => watcher.appId === appId && watcher.buildId !== buildId);
  }

  anyRun(appId: string): boolean {
    return [...this.#watchers].some((watcher) => watcher.appId === appId);
  }

  /** A builder has started anew: what its earlier instance held is lost now. @returns apps to wake */
  replaceInstance(builder: string, instance: string): string[] {
    if (this.#policy.outliveBuilders) return [];
    return this.#store.builds
      .openAttempts()
      .filter((attempt) => attempt.builder === builder && attempt.instance !== instance)
      .flatMap((attempt) => this.lose(attempt.build_id));
  }

  /** Gives up attempts that nobody has watched for too long, or whose builder hangs. @returns apps to wake */
  expire(now = performance.now()): string[] {
    const open = this.#store.builds.openAttempts();
    const names = new Set(open.map((attempt) => key(attempt.build_id, attempt.number)));
    for (const name of this.#seen.keys()) if (!names.has(name)) this.#seen.delete(name);
    for (const name of this.#begun.keys()) if (!names.has(name)) this.#begun.delete(name);
    for (const name of this.#claims.keys()) if (!names.has(name)) this.#claims.delete(name);
    return open.flatMap((attempt) => {
      const name = key(attempt.build_id, attempt.number);
      const begun = this.#begun.get(name) ?? now;
      this.#begun.set(name, begun);
      if (now - begun > this.#limit(attempt.build_id)) return this.lose(attempt.build_id);
      if (this.#watched(attempt.build_id, attempt.number)) {
        this.#seen.set(name, now);
        return [];
      }
      const seen = this.#seen.get(name);
      // Time in which the server itself was away does not count against a builder.
      if (seen === undefined) this.#seen.set(name, now);
      if (this.#policy.outliveBuilders) {
        return this.isAbandoned(attempt.build_id, attempt.number, now) ? this.#wake(attempt.build_id) : [];
      }
      return seen !== undefined && now - seen > LOST_AFTER_MS ? this.lose(attempt.build_id) : [];
    });
  }

  #wake(buildId: string): string[] {
    return [this.#store.builds.require(buildId).app_id];
  }

  /** Builders keep to the time limits of the stages; one that is far beyond them hangs, in milliseconds. */
  #limit(buildId: string): number {
    const { test, buildTimeoutSeconds } = this.#store.builds.require(buildId).manifest;
    return ((test?.timeoutSeconds ?? 0) + buildTimeoutSeconds) * 1_000 + OVERTIME_MS;
  }

  #watched(buildId: string, attempt: number): boolean {
    return [...this.#watchers].some((watcher) => watcher.buildId === buildId && watcher.attempt === attempt);
  }

  /**
   * Whoever ran it does not any more, and it was not cancelled: its next attempt, or its end.
   * @param why what took it, where that is known
   * @returns apps to wake
   */
  lose(buildId: string, why?: Reason): string[] {
    const build = this.#store.builds.require(buildId);
    this.#log.warn({ build: build.id, attempt: build.attempt, why }, 'this attempt was lost');
    if (build.attempt < this.#policy.most) this.#store.builds.move(buildId, 'lost');
    else this.#store.builds.move(buildId, 'fail', { reason: why ?? builderLost(this.#policy.most) });
    this.#changes.notify(build.app_id);
    return [build.app_id];
  }
}

function builderLost(times: number): Reason {
  return reason(
    'builder_lost',
    `the builder died ${times} times while it ran this build`,
    'the build may need more memory than the platform has: ask an admin to look at `sluice doctor`, then push again',
  );
}

function key(buildId: string, attempt: number): string {
  return `${buildId}-${attempt}`;
}
