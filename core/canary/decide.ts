import type { CanaryPolicy } from '../manifest/manifest.ts';
import { FULL_WEIGHT } from '../rollout.ts';
import type { Decision, DecisionCode, DecisionResult, Evidence, SideEvidence } from './decision.ts';
import { smallestExcess } from './error-test.ts';
import { counted, grouped, lasting, points } from './figures.ts';
import { latencyQuantile, latencySamples } from './latency.ts';
import { slower } from './latency-test.ts';
import { type BothSides, errorsOf, failuresOf, type Samples, type SideSample } from './samples.ts';
import { hanging, timeToAnswer, unanswered } from './unanswered.ts';
import { failedRequests, whatIsWorse } from './worse.ts';

/**
 * What the samples of a canary say. Pure, and cheap: it needs sums, not windows. What is clearly worse fails at once, by
 * whatever evidence there is; everything else waits for the bake and for fresh numbers.
 */
export function decide(samples: Samples, policy: CanaryPolicy): Decision {
  const { step, bakedSeconds } = samples;
  const make = (
    result: DecisionResult,
    code: DecisionCode,
    sentence: string,
    over: Evidence['over'] = 'step',
  ): Decision => {
    const seconds = over === 'step' ? bakedSeconds : samples.watchedSeconds;
    return { result, code, sentence, evidence: evidenceOf(samples[over], over, seconds, policy) };
  };

  const worse = whatIsWorse(samples, policy);
  if (worse) return make('fail', worse.code, worse.sentence, worse.over);
  if (samples.metrics === 'silent') {
    const sentence =
      'the router tells no numbers; held until it does, as silence is not the same as no errors';
    return make('wait', 'metrics_silent', sentence);
  }

  const left = Math.ceil(policy.bakeSeconds - bakedSeconds);
  if (left > 0) return make('wait', 'baking', `${lasting(left)} of ${lasting(policy.bakeSeconds)} left`);
  const ended = hasHadTime(samples, policy) ? 'fail' : 'wait';
  const missing = unanswered(step, samples.weight);
  if (missing !== undefined) return make(ended, 'canary_unanswered', missing);
  const hangs = hanging(samples);
  if (hangs !== undefined) return make(ended, 'canary_unanswered', hangs, 'rollout');
  const needed = secondsFor(policy.minRequests - step.canary.requests, samples);
  const waiting = needed > 0 ? waitsFor(needed, samples, policy) : undefined;
  if (waiting !== undefined) {
    const so = `${grouped(step.canary.requests)} of ${counted(policy.minRequests, 'request')} on the canary`;
    return make('wait', 'few_requests', `${so}; ${waiting}`);
  }

  const slow = slower(step, policy.maxLatencyRatio);
  if (slow !== undefined) return make('fail', 'canary_slow', slow);
  if (needed > 0) return make('no_data', 'little_traffic', weakEvidence(samples.rollout), 'rollout');
  return make('pass', 'canary_as_good', `${failedRequests(step)}; ${sensitivity(step, policy)}`);
}

/** Probes sent while there was too little traffic all passed, on the canary's side. */
export function everyProbePassed({ canary: { probes } }: Evidence): boolean {
  return probes.sent > 0 && probes.failed === 0;
}

export function evidenceOf(
  sides: BothSides,
  over: Evidence['over'],
  seconds: number,
  policy: CanaryPolicy,
): Evidence {
  const excess = smallestExcess(sides.canary.requests, failuresOf(sides.stable), policy.maxErrorRate);
  return {
    canary: sideEvidence(sides.canary),
    stable: sideEvidence(sides.stable),
    over,
    seconds: Math.round(seconds),
    ...(excess === undefined ? {} : { smallestExcess: excess }),
  };
}

function hasHadTime({ step, bakedSeconds, waitedSeconds }: Samples, policy: CanaryPolicy): boolean {
  const enough = Math.max(timeToAnswer(step.stable), 2 * policy.bakeSeconds);
  return bakedSeconds >= enough || waitedSeconds >= policy.maxWaitSeconds;
}

/** Seconds until so many more requests reach the canary, by the app's rate in this step; Infinity when none come. */
function secondsFor(requests: number, { step, bakedSeconds, weight }: Samples): number {
  if (requests <= 0) return 0;
  const perSecond = (step.canary.requests + step.stable.requests) / Math.max(1, bakedSeconds);
  return requests / (perSecond * (weight / FULL_WEIGHT));
}

/**
 * @param needed seconds until the missing requests have come, by the rate so far; a person who let it go on knows better
 * @returns how long it waits for them, undefined when it does not
 */
function waitsFor(
  needed: number,
  { waitedSeconds, resumedAtSeconds }: Samples,
  { maxWaitSeconds }: CanaryPolicy,
): string | undefined {
  const left = maxWaitSeconds - (waitedSeconds - (resumedAtSeconds ?? 0));
  if (resumedAtSeconds === undefined) {
    return needed <= left ? `the rest should come within ${lasting(Math.ceil(needed))}` : undefined;
  }
  return left > 0 ? `the rest has ${lasting(Math.ceil(left))} to come` : undefined;
}

function weakEvidence({ canary, stable }: BothSides): string {
  const failed = errorsOf(canary) === 0 ? '' : ` (${grouped(errorsOf(canary))} failed)`;
  const probes = counted(canary.probes.sent + stable.probes.sent, 'probe');
  return `${counted(canary.requests, 'real request')}${failed}, ${probes}: weak evidence`;
}

function sensitivity({ canary, stable }: BothSides, policy: CanaryPolicy): string {
  const excess = smallestExcess(canary.requests, failuresOf(stable), policy.maxErrorRate);
  return excess === undefined
    ? 'too few requests to see any excess'
    : `an excess of ${points(excess)} would have been seen`;
}

function sideEvidence(side: SideSample): SideEvidence {
  const errors = errorsOf(side);
  const p50 = latencyQuantile(side.latency, 0.5);
  const p95 = latencyQuantile(side.latency, 0.95);
  return {
    requests: side.requests,
    errors,
    ...(side.requests === 0 ? {} : { errorShare: errors / side.requests }),
    ...(p50 === undefined ? {} : { latencyP50Ms: p50 }),
    ...(p95 === undefined ? {} : { latencyP95Ms: p95 }),
    latencySamples: latencySamples(side.latency),
    restarts: side.restarts,
    probes: side.probes,
  };
}
