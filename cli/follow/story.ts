import { lookLine } from '../../core/canary/lines.ts';
import type { Rollout, RolloutDetail } from '../../core/contracts/resources.ts';
import { rolloutHasEnded, type RolloutEventKind } from '../../core/rollout.ts';
import type { Context } from '../context.ts';
import { namesOf } from '../render/rollout.ts';

/** A line about the numbers at least so often, in milliseconds. */
const LINE_EVERY_MS = 10_000;
/** Kinds that begin something; the others are details of it. As in the log of a push. */
const STEPS: ReadonlySet<RolloutEventKind> = new Set(['starting', 'step', 'promoting']);
/** The verdict follows, with the same words. */
const ENDS: ReadonlySet<RolloutEventKind> = new Set([
  'live',
  'rolled-back',
  'failed',
  'cancelled',
  'superseded',
]);

/** Tells a rollout's story to the person who watches it, each line once; between lines, how its numbers are. */
export class Story {
  readonly #context: Pick<Context, 'out'>;
  readonly #lineEveryMs: number;
  readonly #known: readonly string[];
  #told = 0;
  #lineAt = performance.now();

  /** @param known lines that the person has read already */
  constructor(
    context: Pick<Context, 'out'>,
    { lineEveryMs = LINE_EVERY_MS, known = [] }: { lineEveryMs?: number; known?: readonly string[] } = {},
  ) {
    this.#context = context;
    this.#lineEveryMs = lineEveryMs;
    this.#known = known;
  }

  tell(rollout: RolloutDetail): void {
    const { out } = this.#context;
    const fresh = rollout.events.slice(this.#told);
    this.#told = rollout.events.length;
    for (const { kind, text } of fresh) {
      if (ENDS.has(kind) || this.#known.includes(text)) continue;
      if (STEPS.has(kind)) out.step(text);
      else out.progress(text);
    }
    const now = performance.now();
    if (fresh.length === 0 && now - this.#lineAt < this.#lineEveryMs) return;
    this.#lineAt = now;
    const numbers = fresh.length === 0 ? numbersLine(rollout) : undefined;
    if (numbers !== undefined) out.progress(numbers);
  }
}

/** How the step under way does. */
function numbersLine(rollout: Rollout): string | undefined {
  const { evidence, policy, state } = rollout;
  if (evidence === undefined || policy === undefined || rolloutHasEnded(state)) return undefined;
  return lookLine(evidence.step, evidence.step.seconds, policy.bakeSeconds, namesOf(rollout));
}
