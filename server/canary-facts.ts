import { evidenceOf } from '../core/canary/decide.ts';
import { uptimeEvidence } from '../core/canary/decide-workers.ts';
import type { Evidence } from '../core/canary/decision.ts';
import { FULL_WEIGHT } from '../core/rollout.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { RolloutRow } from './store/rollouts.ts';

/** A step of a canary as people count: from 1. */
export interface CanaryStep {
  readonly number: number;
  readonly of: number;
}

/** The step that a rollout is at, or was at last; undefined before its first, and where there are none to walk. */
export function canaryStep(
  { plan, state, step, progress }: RolloutRow,
  release: ReleaseRow,
): CanaryStep | undefined {
  if (plan.canary === false || release.manifest.processes['web'] === undefined) return undefined;
  if (state !== 'canary' && progress === null) return undefined;
  return { number: step + 1, of: plan.canary.steps.length };
}

/** The journal's parts of 10,000 as percent, to a hundredth. */
export function weightPercent(weight: number): number {
  return weight / (FULL_WEIGHT / 100);
}

/** What was seen of a canary so far, as the journal has it; undefined where there was none. */
export function evidenceSoFar(
  { plan, progress }: RolloutRow,
  release: Pick<ReleaseRow, 'manifest'>,
): { readonly step: Evidence; readonly rollout: Evidence } | undefined {
  if (plan.canary === false || progress === null) return undefined;
  const { step, rollout, bakedMs, watchedMs } = progress;
  const evidence = release.manifest.processes['web'] === undefined ? uptimeEvidence : evidenceOf;
  return {
    step: evidence(step, 'step', bakedMs / 1_000, plan.canary),
    rollout: evidence(rollout, 'rollout', watchedMs / 1_000, plan.canary),
  };
}
