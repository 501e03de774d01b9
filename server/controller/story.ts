import type { Evidence } from '../../core/canary/decision.ts';
import type { RolloutEventKind } from '../../core/rollout.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { ControllerDeps } from './deps.ts';

/** One line of a rollout's story: kept in the journal with its numbers, and told to the pusher. */
export interface Line {
  readonly kind: RolloutEventKind;
  readonly text: string;
  readonly evidence?: Evidence;
}

/** Kinds that begin something; the others are details of it. */
const STEPS: ReadonlySet<RolloutEventKind> = new Set(['starting', 'step', 'promoting', 'live']);

/**
 * Journals what happens together with the line that tells it, so that neither is there without the other.
 * @param change returns false when it does not apply any more; then nothing is told
 * @returns what `change` returned
 */
export async function journalled(
  deps: ControllerDeps,
  rollout: RolloutRow,
  change: () => boolean,
  ...lines: readonly Line[]
): Promise<boolean> {
  const done = deps.store.transaction(() => {
    if (!change()) return false;
    for (const { kind, text, evidence } of lines) deps.store.rollouts.say(rollout.id, kind, text, evidence);
    return true;
  });
  if (!done) return false;
  for (const { kind, text } of lines) {
    if (STEPS.has(kind)) await deps.progress.step(rollout, text);
    else await deps.progress.detail(rollout, text);
  }
  deps.changes.notify(rollout.app_id);
  return true;
}

/**
 * Tells what a rollout does for as long as it waits: once, however often it is looked at and by however many servers, one
 * after the other. Nothing once it has ended.
 */
export async function toldOnce(deps: ControllerDeps, rollout: RolloutRow, line: Line): Promise<void> {
  const { rollouts } = deps.store;
  const isNews = (): boolean =>
    rollouts.isOpen(rollout.id) && !rollouts.hasSaid(rollout.id, line.kind, line.text);
  await journalled(deps, rollout, isNews, line);
}
