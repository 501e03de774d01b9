import type { CanaryPolicy } from '../manifest/manifest.ts';
import { evidenceOf } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Samples } from './samples.ts';

/** An app without `web` has no requests to compare: its new processes must stay up for one bake. Pure. */
export function decideWorkers(samples: Samples, policy: CanaryPolicy): Decision {
  const { canary, stable } = samples.rollout;
  const evidence = evidenceOf(samples.rollout, 'rollout', samples.watchedSeconds, policy);
  if (canary.restarts > stable.restarts) {
    const times = canary.restarts === 1 ? 'once' : `${canary.restarts} times`;
    return {
      result: 'fail',
      code: 'canary_crashed',
      sentence: `the canary ended by itself ${times}`,
      evidence,
    };
  }
  if (samples.metrics === 'silent') {
    const sentence = 'the engine does not answer; held until it does';
    return { result: 'wait', code: 'metrics_silent', sentence, evidence };
  }
  const left = Math.ceil(policy.bakeSeconds - samples.bakedSeconds);
  if (left > 0) {
    return {
      result: 'wait',
      code: 'baking',
      sentence: `${left} s of ${policy.bakeSeconds} s left`,
      evidence,
    };
  }
  return {
    result: 'pass',
    code: 'canary_as_good',
    sentence: `its processes stayed up for ${policy.bakeSeconds} s`,
    evidence,
  };
}
