import type { Evidence, SideEvidence } from './decision.ts';
import { counted, grouped, lasting, percent } from './figures.ts';
import { LAST_BOUND_MS } from './latency.ts';

/**
 * What a pusher reads of a canary: one line each, without a prefix. Names are those of releases, such as `v12`; nothing
 * in them comes from people.
 */

export interface Names {
  readonly canary: string;
  readonly stable: string;
}

/** Under this share of its requests measured, a side's latency is said to be of a sample. A few are always under way. */
const NEARLY_ALL = 0.9;

/** A sentence of a decision with the releases' names in it. */
export function named(sentence: string, names: Names): string {
  return sentence.replaceAll(/\bthe canary\b|\bstable\b/g, (side) =>
    side === 'stable' ? names.stable : names.canary,
  );
}

/** `Canary step 1 of 3: 5 % of requests go to v12 (1 of 2 replicas), compared with v11 for 30 s` */
export function stepLine(step: {
  /** Counts from 1. */
  readonly number: number;
  readonly of: number;
  /** Parts of 10,000. */
  readonly weight: number;
  readonly names: Names;
  readonly bakeSeconds: number;
  /** The canary's now, and how many it has when all traffic is its own. */
  readonly replicas: { readonly now: number; readonly full: number };
}): string {
  const { names, replicas } = step;
  const share = `${shareOf(step.weight)} of requests go to ${names.canary}`;
  const size = `${grouped(replicas.now)} of ${counted(replicas.full, 'replica')}`;
  return `Canary step ${step.number} of ${step.of}: ${share} (${size}), compared with ${names.stable} for ${lasting(step.bakeSeconds)}`;
}

/** `v12 runs beside v11 for 30 s (1 worker): without web there are no requests to compare, so it must stay up` */
export function workersLine(names: Names, processes: string, bakeSeconds: number): string {
  const time = lasting(bakeSeconds);
  return `${names.canary} runs beside ${names.stable} for ${time} (${processes}): without web there are no requests to compare, so it must stay up`;
}

/**
 * `10 of 30 s  v12: 41 requests, 0 % errors, p95 23 ms · v11: 780 requests, 0.1 % errors, p95 21 ms`, and without `web`
 * `v12: up for 10 of 30 s, no restarts`
 */
export function lookLine(
  evidence: Evidence,
  bakedSeconds: number,
  bakeSeconds: number,
  names: Names,
): string {
  const baked = Math.floor(bakedSeconds);
  const time = baked < bakeSeconds ? `${grouped(baked)} of ${grouped(bakeSeconds)} s` : `${grouped(baked)} s`;
  const { canary, stable } = evidence;
  if (evidence.only === 'uptime') return uptimeText(time, canary, stable, names);
  return `${time}  ${names.canary}: ${sideText(canary)} · ${names.stable}: ${sideText(stable)}`;
}

/** `passed: none of 120 requests failed on v12, …` */
export function passedLine(sentence: string, names: Names): string {
  return `passed: ${named(sentence, names)}`;
}

/**
 * `held: 3 real requests, 240 probes: weak evidence; promote: sluice rollouts:promote -a shop, or abort: …`
 * @param app set when a person has to say how it goes on
 */
export function heldLine(sentence: string, names: Names, app?: string): string {
  const held = `held: ${named(sentence, names)}`;
  return app === undefined
    ? held
    : `${held}; promote: sluice rollouts:promote -a ${app}, or abort: sluice rollouts:abort -a ${app}`;
}

/** `Promoting v12: it gets all requests, v11 stays warm for 10 min`, and on what, when that is weak */
export function promotingLine(promotion: {
  readonly names: Names;
  readonly keepSeconds: number;
  /** false: without `web` there are none to give. */
  readonly hasRequests: boolean;
  /** The sentence of the decision, when its evidence is weak. */
  readonly weak?: string;
}): string {
  const { names, keepSeconds, hasRequests, weak } = promotion;
  const evidence = weak === undefined ? '' : ` (${named(weak, names)})`;
  const after =
    keepSeconds === 0 ? `${names.stable} stops` : `${names.stable} stays warm for ${lasting(keepSeconds)}`;
  return `Promoting ${names.canary}${evidence}: ${hasRequests ? 'it gets all requests, ' : ''}${after}`;
}

/**
 * `v12 is taken back from 5 % of requests: 3 of 9 requests (33 %) failed on v12, none of 171 on v11; v11 has them all`
 * @param weight the share that it had, in parts of 10,000; 0 when it had none
 */
export function takenBackLine(names: Names, sentence: string, weight: number): string {
  const why = named(sentence, names);
  if (weight === 0) return `${names.canary} is taken back: ${why}; ${names.stable} stays live`;
  return `${names.canary} is taken back from ${shareOf(weight)} of requests: ${why}; ${names.stable} has all requests`;
}

function shareOf(weight: number): string {
  return `${weight / 100} %`;
}

function uptimeText(time: string, canary: SideEvidence, stable: SideEvidence, names: Names): string {
  const restarts = canary.restarts === 0 ? 'no restarts' : counted(canary.restarts, 'restart');
  const theirs = stable.restarts === 0 ? '' : ` · ${names.stable}: ${counted(stable.restarts, 'restart')}`;
  return `${names.canary}: up for ${time}, ${restarts}${theirs}`;
}

function sideText(side: SideEvidence): string {
  const { requests, probes, restarts } = side;
  const texts: string[] = [];
  if (requests > 0) {
    texts.push(counted(requests, 'request'), `${percent(side.errorShare ?? 0)} errors`, latencyText(side));
  } else texts.push(probes.sent > 0 ? 'no requests' : 'no requests yet');
  if (probes.failed > 0 || (probes.sent > 0 && requests === 0)) {
    texts.push(
      `${counted(probes.sent, 'probe')}, ${probes.failed === 0 ? 'none' : grouped(probes.failed)} failed`,
    );
  }
  if (restarts > 0) texts.push(counted(restarts, 'restart'));
  return texts.join(', ');
}

function latencyText({ latencyP95Ms, latencySamples, requests }: SideEvidence): string {
  if (latencyP95Ms === undefined) return 'no answers measured yet';
  const text = `p95 ${milliseconds(latencyP95Ms)}`;
  return latencySamples < requests * NEARLY_ALL ? `${text} of ${grouped(latencySamples)} measured` : text;
}

function milliseconds(ms: number): string {
  if (ms >= LAST_BOUND_MS) return `over ${grouped(LAST_BOUND_MS)} ms`;
  return `${grouped(Math.max(1, ms))} ms`;
}
