import type { Logger } from 'pino';
import type { Decision } from '../../core/canary/decision.ts';
import { heldLine } from '../../core/canary/lines.ts';
import type { Move } from '../../core/canary/next-move.ts';
import type { CanaryProgress } from '../../core/canary/progress.ts';
import type { ReleaseCounts, Traffic, Workloads } from '../../engines/port.ts';
import type { Changes } from '../changes.ts';
import type { Store } from '../store/store.ts';
import { Canary } from './canary.ts';
import type { Followed } from './followed.ts';
import { PROBE_EVERY_MS, Prober } from './prober.ts';

/**
 * From the begin of a look at the counts to that of the next, in milliseconds: a bad canary is back at 0 within 1.5 s of the
 * evidence.
 */
const LOOK_EVERY_MS = 1_000;
/** Between two looks at least, however long one takes, in milliseconds. */
const SHORTEST_PAUSE_MS = 100;
/**
 * Canaries whose samples one look writes, so that its transaction stays short however many there are. What a crash then
 * loses of the others is seconds of bake, which they wait again, and probes; the router still knows all requests.
 */
const MOST_WRITTEN = 200;

export interface CanaryWatchDeps {
  readonly store: Store;
  readonly traffic: Traffic;
  readonly workloads: Pick<Workloads, 'observe'>;
  readonly changes: Changes;
  readonly log: Logger;
}

/**
 * Looks at every canary each second, with one question to the router for all of them, and wakes the app whose canary is
 * to do something. It changes nothing itself but what of its samples must outlive a restart, which is one transaction a
 * look. Samples live here; the controller says what to follow and does what comes of it.
 */
export class CanaryWatch {
  readonly #deps: CanaryWatchDeps;
  readonly #prober: Prober;
  readonly #canaries = new Map<string, Canary>();
  /** Apps whose canary is to be taken back. */
  readonly #worse = new Set<string>();
  /** What came of asking the engine, by rollout, for those without `web`. */
  readonly #told = new Map<string, 'asked' | 'told' | 'away'>();
  #timer: NodeJS.Timeout | undefined;
  #probing: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(deps: CanaryWatchDeps) {
    this.#deps = deps;
    this.#prober = new Prober(deps.traffic);
  }

  /** Begins to watch a canary, or takes over what has changed about it. */
  follow(followed: Followed): void {
    if (this.#stopped) return;
    const known = this.#canaries.get(followed.rolloutId);
    if (known) known.update(followed);
    else this.#canaries.set(followed.rolloutId, new Canary(followed));
    this.#timer ??= this.#soon();
    this.#probing ??= setInterval(() => this.#probe(), PROBE_EVERY_MS);
  }

  /** Of an app, only this rollout is watched any more. */
  keepOnly(appId: string, rolloutId?: string): void {
    for (const [id, { followed }] of this.#canaries) {
      if (followed.appId !== appId || id === rolloutId) continue;
      this.#canaries.delete(id);
      this.#prober.forget(id);
      this.#told.delete(id);
      this.#worse.delete(appId);
    }
  }

  /** What it is to do, by the last look; undefined before the first. */
  verdict(rolloutId: string): { readonly decision: Decision; readonly move: Move } | undefined {
    const { verdict, followed } = this.#canaries.get(rolloutId) ?? {};
    if (verdict?.decision.code !== 'canary_crashed' || followed?.crash === undefined) return verdict;
    const { message, detail = [] } = followed.crash;
    return { ...verdict, decision: { ...verdict.decision, detail: [message, ...detail] } };
  }

  /** What the controller said of it last; undefined when it is not watched. */
  followed(rolloutId: string): Followed | undefined {
    return this.#canaries.get(rolloutId)?.followed;
  }

  /** Whether a canary of this app is to be taken back. */
  isWorse(appId: string): boolean {
    return this.#worse.has(appId);
  }

  progress(rolloutId: string): CanaryProgress | undefined {
    return this.#canaries.get(rolloutId)?.progress;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearInterval(this.#probing);
    await this.#looking;
    this.#save(Infinity);
  }

  #soon(pauseMs = LOOK_EVERY_MS): NodeJS.Timeout {
    return setTimeout(() => {
      const began = performance.now();
      this.#looking = this.#lookAtAll()
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'could not look at the canaries'))
        .finally(() => {
          this.#timer = undefined;
          const left = LOOK_EVERY_MS - (performance.now() - began);
          if (this.#canaries.size > 0 && !this.#stopped)
            this.#timer = this.#soon(Math.max(SHORTEST_PAUSE_MS, left));
          if (this.#canaries.size > 0) return;
          clearInterval(this.#probing);
          this.#probing = undefined;
        });
    }, pauseMs);
  }

  #probe(): void {
    const inNeed = [...this.#canaries.values()].filter(({ needsProbes }) => needsProbes);
    this.#prober.probe(inNeed.map(({ followed }) => followed));
  }

  async #lookAtAll(): Promise<void> {
    const counts = await this.#counts();
    for (const canary of this.#canaries.values()) {
      const told = canary.followed.kind === 'web' ? counts !== undefined : this.#refreshed(canary);
      canary.look(told ? (counts ?? new Map()) : undefined, this.#prober.take(canary.followed));
    }
    this.#save(MOST_WRITTEN);
    for (const { followed, verdict } of this.#canaries.values()) {
      if (verdict?.move.move === 'roll-back') this.#worse.add(followed.appId);
      if (verdict && verdict.move.move !== 'stay') this.#deps.changes.notify(followed.appId);
    }
  }

  /** Totals by release; undefined when the router, or the proxy behind it, did not tell fresh ones. */
  async #counts(): Promise<ReadonlyMap<string, ReleaseCounts> | undefined> {
    try {
      const { fresh, releases } = await this.#deps.traffic.counts();
      return fresh ? new Map(releases.map((release) => [release.releaseId, release])) : undefined;
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'no counts');
      return undefined;
    }
  }

  /**
   * Whether the engine told how the processes of an app without `web` do, and asks it for the next look: one that does not
   * answer holds up none of those who have requests.
   */
  #refreshed({ followed: { rolloutId, appId } }: Canary): boolean {
    const told = this.#told.get(rolloutId);
    if (told === 'asked') return false;
    this.#told.set(rolloutId, 'asked');
    const tell = (outcome: 'told' | 'away') => (): void => {
      if (this.#canaries.has(rolloutId)) this.#told.set(rolloutId, outcome);
    };
    this.#deps.workloads.observe(appId).then(tell('told'), tell('away'));
    return told === 'told';
  }

  #journal({ followed: { rolloutId, names }, progress, turned, verdict }: Canary): void {
    const { rollouts } = this.#deps.store;
    // It may have ended since the last look, and its end is the last line of its story.
    if (!rollouts.isOpen(rolloutId)) return;
    rollouts.saveProgress(rolloutId, progress);
    if (turned === 'fresh') rollouts.say(rolloutId, 'note', 'the numbers are back');
    if (turned !== 'silent') return;
    rollouts.say(rolloutId, 'waiting', heldLine(verdict?.decision.sentence ?? '', names));
  }

  /** @param most canaries that are written, those first that have waited longest; but all that must not wait */
  #save(most: number): void {
    const { store, log } = this.#deps;
    const changed = [...this.#canaries.values()].filter((canary) => canary.changed || canary.turned);
    const pressing = changed.filter(({ writtenAt }) => writtenAt === -Infinity).length;
    const due = changed.toSorted((a, b) => a.writtenAt - b.writtenAt).slice(0, Math.max(most, pressing));
    if (due.length === 0) return;
    try {
      store.transaction(() => {
        for (const canary of due) this.#journal(canary);
      });
      for (const canary of due) canary.written();
    } catch (error) {
      log.error({ err: error }, 'what the canaries showed could not be written; trying again');
    }
  }
}
