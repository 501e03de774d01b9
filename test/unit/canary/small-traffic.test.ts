import { expect, test } from 'vitest';
import { noProgress, nextStep, observed, samplesOf } from '../../../core/canary/collect.ts';
import { decide } from '../../../core/canary/decide.ts';
import { type Move, nextMove } from '../../../core/canary/next-move.ts';
import type { Totals } from '../../../core/canary/progress.ts';
import { type CanaryPolicy, DEFAULT_CANARY } from '../../../core/manifest/manifest.ts';
import { latencies, policy } from './samples.ts';

/** Of the platform, while a step has too few requests; a second, to each side. */
const PROBES = { sent: 4, failed: 0 };

/** A healthy canary of an app with so many requests a second, split exactly, looked at each second. */
function walked(
  perSecond: number,
  rules: CanaryPolicy,
): { at: number; seconds: number; end: Move; requests: number } {
  let progress = noProgress(0);
  let [canary, stable, due] = [0, 0, 0];
  const totals = (requests: number): Totals => ({
    requests,
    errors5xx: 0,
    aborts: 0,
    latency: latencies({ ms: 20, count: requests }),
    restarts: 0,
  });
  const none = { sent: 0, failed: 0 };
  for (let seconds = 1; seconds < 10_000; seconds++) {
    const percent = rules.steps[progress.stepIndex] as number;
    const weight = percent * 100;
    for (let request = 0; request < perSecond; request++) {
      due += percent;
      if (due < 100) stable += 1;
      else [canary, due] = [canary + 1, due - 100];
    }
    const probes = progress.step.canary.requests < rules.minRequests ? PROBES : none;
    const last = progress.last ?? { canary: totals(0), stable: totals(0) };
    ({ progress } = observed(
      { ...progress, last },
      {
        canary: totals(canary),
        stable: totals(stable),
        probes: { canary: probes, stable: probes },
        open: { canary: 0, stable: 0 },
        elapsedMs: 1_000,
        weight,
      },
    ));
    const decision = decide(samplesOf(progress, [], { weight, metrics: 'fresh' }), rules);
    const move = nextMove(decision, rules, { stepIndex: progress.stepIndex, paused: false });
    if (move.move === 'step') progress = nextStep(progress, progress.stepIndex + 1);
    else if (move.move !== 'stay') return { at: percent, seconds, end: move, requests: canary };
  }
  throw new Error('it never ends');
}

/** What docs/rollouts.md says of small apps. */
const small = policy({ steps: [25, 50], minRequests: 20 });

test.each([
  ['1 a second', DEFAULT_CANARY, 1, { at: 5, seconds: 30, evidence: 'weak', requests: 1 }],
  ['6 a second', DEFAULT_CANARY, 6, { at: 5, seconds: 30, evidence: 'weak', requests: 9 }],
  ['7 a second', DEFAULT_CANARY, 7, { at: 25, seconds: 316, evidence: 'weak', requests: 152 }],
  ['8 a second', DEFAULT_CANARY, 8, { at: 50, seconds: 330, evidence: 'strong', requests: 320 }],
  ['1 a second, by a policy for it', small, 1, { at: 50, seconds: 120, evidence: 'strong', requests: 40 }],
  ['3 a second, by a policy for it', small, 3, { at: 50, seconds: 60, evidence: 'strong', requests: 67 }],
] as const)('a canary with %s is promoted from its last share', (_, rules, rate, expected) => {
  const { end, ...seen } = walked(rate, rules);
  expect({ ...seen, evidence: end.move === 'promote' ? end.evidence : end.move }).toEqual(expected);
});
