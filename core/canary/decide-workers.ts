import type { CanaryPolicy } from '../manifest/manifest.ts';
import { evidenceOf } from './decide.ts';
import type { Decision, Evidence } from './decision.ts';
import { lasting } from './figures.ts';
import type { BothSides, Samples } from './samples.ts';
import { crashed } from './worse.ts';

/** An app without `web` has no requests to compare: its new processes must stay up for one bake. Pure. */
export function decideWorkers(samples: Samples, policy: CanaryPolicy): Decision {
  const evidence = uptimeEvidence(samples.rollout, 'rollout', samples.watchedSeconds, policy);
  const crash = crashed(samples.rollout);
  if (crash !== undefined) return { result: 'fail', code: 'canary_crashed', sentence: crash, evidence };
  if (samples.metrics === 'silent') {
    const sentence = 'the engine does not answer; held until it does';
    return { result: 'wait', code: 'metrics_silent', sentence, evidence };
  }
  const left = Math.ceil(policy.bakeSeconds - samples.bakedSeconds);
  if (left > 0) {
    return {
      result: 'wait',
      code: 'baking',
      sentence: `${lasting(left)} of ${lasting(policy.bakeSeconds)} left`,
      evidence,
    };
  }
  return {
    result: 'pass',
    code: 'canary_as_good',
    sentence: `its processes stayed up for ${lasting(policy.bakeSeconds)}`,
    evidence,
  };
}

/** What was seen of processes that have no requests. */
export function uptimeEvidence(
  sides: BothSides,
  over: Evidence['over'],
  seconds: number,
  policy: CanaryPolicy,
): Evidence {
  return { ...evidenceOf(sides, over, seconds, policy), only: 'uptime' };
}
