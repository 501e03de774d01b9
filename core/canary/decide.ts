import type { CanaryPolicy } from '../manifest/manifest.ts';
import { FULL_WEIGHT } from '../rollout.ts';
import type { Decision, DecisionCode, DecisionResult, Evidence, SideEvidence } from './decision.ts';
import { isClearlyWorse, smallestExcess } from './error-test.ts';
import { percent, points } from './figures.ts';
import { latencyQuantile, latencySamples } from './latency.ts';
import { type BothSides, errorsOf, type Samples, type SideSample } from './samples.ts';

/** Latency is compared from this many measured answers of each side on. */
const LATENCY_SAMPLES = 50;
/** Times below this are taken for this, in milliseconds: twice nothing is still nothing. */
const LATENCY_FLOOR_MS = 5;
/** Failed probes of the canary that count as a failure, when stable's do better. */
const FAILED_PROBES = 3;

/** What the samples of a canary say. Pure; looked at as often as one likes. */
export function decide(samples: Samples, policy: CanaryPolicy): Decision {
  const worse = whatIsWorse(samples, policy);
  if (worse) return made(samples, policy, 'fail', worse.code, worse.sentence, worse.over);
  if (samples.metrics === 'silent') {
    return made(
      samples,
      policy,
      'wait',
      'metrics_silent',
      'the router tells no numbers; held until it does, as silence is not the same as no errors',
    );
  }
  const left = Math.ceil(policy.bakeSeconds - samples.bakedSeconds);
  if (left > 0) return made(samples, policy, 'wait', 'baking', `${left} s of ${policy.bakeSeconds} s left`);
  const { requests } = samples.step.canary;
  if (requests < policy.minRequests) return fewRequests(samples, policy);
  const slow = slower(samples.step, policy);
  if (slow !== undefined) return made(samples, policy, 'fail', 'canary_slow', slow);
  return made(samples, policy, 'pass', 'canary_as_good', passed(samples, policy));
}

/** Probes sent while there was too little traffic all passed, on the canary's side. */
export function everyProbePassed(evidence: Evidence): boolean {
  const { sent, failed } = evidence.canary.probes;
  return sent > 0 && failed === 0;
}

export function evidenceOf(
  sides: BothSides,
  over: Evidence['over'],
  seconds: number,
  policy: CanaryPolicy,
): Evidence {
  const stable = { requests: sides.stable.requests, errors: errorsOf(sides.stable) };
  const excess = smallestExcess(sides.canary.requests, stable, policy.maxErrorRate);
  return {
    canary: sideEvidence(sides.canary),
    stable: sideEvidence(sides.stable),
    over,
    seconds: Math.round(seconds),
    ...(excess === undefined ? {} : { smallestExcess: excess }),
  };
}

interface Worse {
  readonly code: DecisionCode;
  readonly sentence: string;
  readonly over: Evidence['over'];
}

/** What does not wait for the end of a step. */
function whatIsWorse({ rollout }: Samples, policy: CanaryPolicy): Worse | undefined {
  const { canary, stable } = rollout;
  if (canary.restarts > stable.restarts) {
    const times = canary.restarts === 1 ? 'once' : `${canary.restarts} times`;
    return { code: 'canary_crashed', sentence: `the canary ended by itself ${times}`, over: 'rollout' };
  }
  const sides = [canary, stable].map((side) => ({ requests: side.requests, errors: errorsOf(side) }));
  const [ours, theirs] = sides as [
    { requests: number; errors: number },
    { requests: number; errors: number },
  ];
  if (isClearlyWorse(ours, theirs, policy.maxErrorRate)) {
    return {
      code: 'canary_worse',
      sentence: `${ofRequests(canary)} failed on the canary, ${ofRequests(stable)} on stable`,
      over: 'rollout',
    };
  }
  if (probesWorse(canary, stable)) {
    return {
      code: 'canary_probes_failed',
      sentence: `${canary.probes.failed} of ${canary.probes.sent} probes failed on the canary, ${stable.probes.failed} of ${stable.probes.sent} on stable`,
      over: 'rollout',
    };
  }
  return undefined;
}

function probesWorse(canary: SideSample, stable: SideSample): boolean {
  if (canary.probes.failed < FAILED_PROBES) return false;
  return (
    canary.probes.failed * Math.max(1, stable.probes.sent) > 2 * stable.probes.failed * canary.probes.sent
  );
}

/** @returns the sentence when the canary is clearly slower */
function slower({ canary, stable }: BothSides, policy: CanaryPolicy): string | undefined {
  if (latencySamples(canary.latency) < LATENCY_SAMPLES || latencySamples(stable.latency) < LATENCY_SAMPLES) {
    return undefined;
  }
  const ours = latencyQuantile(canary.latency, 0.95) as number;
  const theirs = latencyQuantile(stable.latency, 0.95) as number;
  const allowed = Math.max(LATENCY_FLOOR_MS, theirs) * policy.maxLatencyRatio;
  if (ours <= allowed) return undefined;
  return `95 % of answers came within ${Math.round(ours)} ms on the canary, within ${Math.round(theirs)} ms on stable; the limit is ${policy.maxLatencyRatio} times`;
}

/** After the bake: is it worth waiting for the requests that are missing? */
function fewRequests(samples: Samples, policy: CanaryPolicy): Decision {
  const { canary, stable } = samples.step;
  const missing = policy.minRequests - canary.requests;
  const perSecond = (canary.requests + stable.requests) / Math.max(1, samples.bakedSeconds);
  const needed = missing / (perSecond * (samples.weight / FULL_WEIGHT));
  const left = policy.maxWaitSeconds - samples.watchedSeconds;
  if (needed <= left) {
    return made(
      samples,
      policy,
      'wait',
      'few_requests',
      `${canary.requests} of ${policy.minRequests} requests; the rest should come within ${Math.ceil(needed)} s`,
    );
  }
  const { canary: all } = samples.rollout;
  const requests = all.requests === 1 ? '1 real request' : `${all.requests} real requests`;
  const probes = all.probes.sent + samples.rollout.stable.probes.sent;
  return made(
    samples,
    policy,
    'no_data',
    'little_traffic',
    `${requests}, ${probes} probes: weak evidence`,
    'rollout',
  );
}

function passed({ step }: Samples, policy: CanaryPolicy): string {
  const stable = { requests: step.stable.requests, errors: errorsOf(step.stable) };
  const excess = smallestExcess(step.canary.requests, stable, policy.maxErrorRate);
  const seen =
    excess === undefined
      ? 'too few requests to see any excess'
      : `an excess of ${points(excess)} or more would have been seen`;
  return `${ofRequests(step.canary)} failed on the canary, ${ofRequests(step.stable)} on stable; ${seen}`;
}

function ofRequests(side: SideSample): string {
  if (side.requests === 0) return 'none of 0 requests';
  return `${percent(errorsOf(side) / side.requests)} of ${side.requests} requests`;
}

function made(
  samples: Samples,
  policy: CanaryPolicy,
  result: DecisionResult,
  code: DecisionCode,
  sentence: string,
  over: Evidence['over'] = 'step',
): Decision {
  const seconds = over === 'step' ? samples.bakedSeconds : samples.watchedSeconds;
  return { result, code, sentence, evidence: evidenceOf(samples[over], over, seconds, policy) };
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
