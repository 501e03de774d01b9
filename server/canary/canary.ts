import { appendWindow, noProgress, nextStep, observed, samplesOf } from '../../core/canary/collect.ts';
import { decide } from '../../core/canary/decide.ts';
import { decideWorkers } from '../../core/canary/decide-workers.ts';
import type { Decision } from '../../core/canary/decision.ts';
import { NO_LATENCY } from '../../core/canary/latency.ts';
import { heldLine, lookLine } from '../../core/canary/lines.ts';
import { type Move, nextMove } from '../../core/canary/next-move.ts';
import type { CanaryProgress, Totals } from '../../core/canary/progress.ts';
import type { Window } from '../../core/canary/samples.ts';
import type { ReleaseCounts } from '../../engines/port.ts';
import type { Followed } from './followed.ts';
import type { ProbeCounts } from './prober.ts';

/** The router may miss a look or two, as while it is started again, before that is told as silence; in milliseconds. */
const SILENT_AFTER_MS = 3_000;
/** A line about the numbers so often, in milliseconds: before anybody says after 10 s that nothing was said. */
const LINE_EVERY_MS = 8_000;

/** The first part of a step whose latency does not count, in milliseconds. */
const LONGEST_WARM_UP_MS = 5_000;

const AWAY = 'no replica of the canary answers, so stable has all requests until one does';

const NOTHING = { requests: 0, errors5xx: 0, aborts: 0, unreached: 0, latency: NO_LATENCY };

/** One canary under watch: what it showed so far, and what it is to do by that. */
export class Canary {
  followed: Followed;
  progress: CanaryProgress;
  /** Whether `progress` is newer than the journal's. */
  changed = false;
  /** `performance.now()`; -Infinity: it must not wait. */
  writtenAt = -Infinity;
  verdict: { readonly decision: Decision; readonly move: Move } | undefined;
  /** Since when nobody told numbers, or told them again, and the journal does not know it yet. */
  turned: 'silent' | 'fresh' | undefined;
  #silent = false;
  readonly #windows: Window[] = [];
  /** `performance.now()`. */
  #toldAt = performance.now();
  #lineAt = performance.now();
  /** Of the last look, when that had fresh numbers: only time between two such looks is bake. */
  #freshAt: number | undefined;
  readonly #restartsBefore: Followed['restarts'];

  constructor(followed: Followed) {
    this.followed = followed;
    this.#restartsBefore = followed.restarts;
    this.progress = followed.progress ?? noProgress(followed.stepIndex);
    if (this.progress.stepIndex !== followed.stepIndex) this.#step(followed.stepIndex);
  }

  /** The journal has it all. */
  written(): void {
    this.changed = false;
    this.turned = undefined;
    this.writtenAt = performance.now();
  }

  update(followed: Followed): void {
    if (followed.stepIndex !== this.followed.stepIndex) this.#step(followed.stepIndex);
    const { waits, resumedAtMs } = this.followed;
    const steered = followed.waits !== waits || followed.resumedAtMs !== resumedAtMs;
    // What was decided before a person paused or resumed it no longer holds, but what is worse stays so.
    if (steered && !this.#isWorse()) this.verdict = undefined;
    this.followed = followed;
  }

  /** While users' requests are too few to tell anything. */
  get needsProbes(): boolean {
    const { kind, policy } = this.followed;
    return kind === 'web' && this.progress.step.canary.requests < policy.minRequests;
  }

  /** @param counts undefined: nobody told fresh numbers */
  look(
    counts: ReadonlyMap<string, ReleaseCounts> | undefined,
    probes: { canary: ProbeCounts; stable: ProbeCounts },
  ): void {
    const now = performance.now();
    if (counts) {
      const elapsedMs = this.#freshAt === undefined ? 0 : now - this.#freshAt;
      const { canary, stable, restarts, weight, policy, waits, away } = this.followed;
      const theirs = totals(counts.get(stable), restarts.stable);
      const { progress, window } = observed(this.#begun(theirs), {
        canary: totals(counts.get(canary), restarts.canary),
        stable: theirs,
        probes,
        open: { canary: counts.get(canary)?.active ?? 0, stable: counts.get(stable)?.active ?? 0 },
        elapsedMs,
        warmingUp: this.progress.bakedMs < warmUpMs(policy.bakeSeconds),
        paused: waits,
        away,
        weight,
      });
      this.progress = progress;
      appendWindow(this.#windows, window);
      this.changed = true;
      this.#toldAt = now;
    }
    this.#freshAt = counts ? now : undefined;
    this.#decide(now);
  }

  /** A release has no requests before its canary, so its first ones count; of stable's nobody knows when they came. */
  #begun(stable: Totals): CanaryProgress {
    if (this.progress.last) return this.progress;
    const before = this.#restartsBefore;
    const last = {
      canary: { ...NOTHING, restarts: before.canary },
      stable: { ...stable, restarts: before.stable },
    };
    return { ...this.progress, last };
  }

  #step(stepIndex: number): void {
    this.progress = nextStep(this.progress, stepIndex);
    this.verdict = undefined;
    // Requests of the step before must not count as this one's after a crash.
    this.writtenAt = -Infinity;
    this.#lineAt = performance.now();
  }

  /** For good: it has lost its requests by then, and would get them back by what stable does without it. */
  #isWorse(): boolean {
    return this.verdict?.move.move === 'roll-back';
  }

  #decide(now: number): void {
    if (this.#isWorse()) return;
    const { kind, policy, weight, stepIndex, waits, resumedAtMs } = this.followed;
    const metrics = now - this.#toldAt > SILENT_AFTER_MS ? 'silent' : 'fresh';
    this.#turn(metrics === 'silent');
    const resumed = resumedAtMs === undefined ? {} : { resumedAtSeconds: resumedAtMs / 1_000 };
    const samples = samplesOf(this.progress, this.#windows, { weight, metrics, ...resumed });
    const decision = kind === 'web' ? decide(samples, policy) : decideWorkers(samples, policy);
    // Without fresh numbers at this very look nothing goes on, even before it counts as silence.
    const fresh = this.#freshAt !== undefined;
    const steps = kind === 'web' ? policy : { ...policy, steps: [100] };
    const move = nextMove(decision, steps, { stepIndex, paused: waits || !fresh });
    // What is to be done tells its own numbers, unless it takes a while: replicas of the next step are starting.
    const isNew = move.move !== 'stay' && move.move !== this.verdict?.move.move;
    this.verdict = { decision, move };
    if (now - this.#lineAt < LINE_EVERY_MS || isNew) return;
    this.#lineAt = now;
    this.#tell(decision);
  }

  #turn(silent: boolean): void {
    if (silent === this.#silent) return;
    this.#silent = silent;
    this.turned = silent ? 'silent' : 'fresh';
    this.writtenAt = -Infinity;
    // The next line says it.
    this.#lineAt = 0;
  }

  #tell(decision: Decision): void {
    const { names, policy, tell, away } = this.followed;
    if (away) return tell(heldLine(AWAY, names));
    if (decision.code === 'metrics_silent') return tell(heldLine(decision.sentence, names));
    tell(lookLine(decision.evidence, this.progress.bakedMs / 1_000, policy.bakeSeconds, names));
  }
}

/** Replicas that have just started answer slowly for a while; how slowly says nothing about the release. */
function warmUpMs(bakeSeconds: number): number {
  return Math.min(LONGEST_WARM_UP_MS, (bakeSeconds * 1_000) / 3);
}

function totals(counts: ReleaseCounts | undefined, restarts: number): Totals {
  const { requests, errors5xx, aborts, unreached, latency } = counts ?? NOTHING;
  return { requests, errors5xx, aborts, ...(unreached > 0 && { unreached }), latency, restarts };
}
