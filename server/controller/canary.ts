import { replicasFor, weightOf } from '../../core/canary/capacity.ts';
import type { Decision } from '../../core/canary/decision.ts';
import { heldLine, named, passedLine } from '../../core/canary/lines.ts';
import type { Move } from '../../core/canary/next-move.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import { reason } from '../../core/reason.ts';
import type { ReasonCode } from '../../core/reasons/reasons.ts';
import type { ProcessSpec, Replica } from '../../engines/port.ts';
import {
  heldHint,
  maintenanceLine,
  namesOf,
  numbersLine,
  promotionText,
  scaledAwayLine,
  stepText,
  worse,
} from './canary-lines.ts';
import { capacity } from './capacity.ts';
import type { ControllerDeps } from './deps.ts';
import { goesOn } from './goes-on.ts';
import type { Failure } from './failure.ts';
import { type FirstMove, nothingToCompare } from './first-move.ts';
import type { Rolling } from './rolling.ts';
import { routeOf, splitOf } from './route-of.ts';
import { journalled, type Line, toldOnce } from './story.ts';
import { watchCanary } from './watch-canary.ts';

/** The first step: its capacity is ready, so the journal says its weight, and the route follows. */
export async function begin(
  deps: ControllerDeps,
  rolling: Rolling,
  { policy, weight }: Extract<FirstMove, { to: 'canary' }>,
): Promise<void> {
  const { rollout } = rolling;
  const text = stepText(namesOf(deps, rolling), rolling, policy, { index: 0, weight });
  const change = (): boolean =>
    goesOn(deps, rollout) && deps.store.rollouts.move(rollout.id, 'step', { step: 0, weight });
  if (!(await journalled(deps, rollout, change, { kind: 'step', text }))) return;
  const replicas = await deps.workloads.observe(rolling.app.id);
  await watchCanary(deps, reread(deps, rolling), policy, replicas);
}

/**
 * One look at a canary under way: keeps its replicas, its weight and its watch as they should be, and does what the watch
 * has decided.
 * @returns why it must be taken back
 */
export async function walk(deps: ControllerDeps, rolling: Rolling): Promise<Failure | undefined> {
  const { rollout, spec } = rolling;
  const policy = rollout.plan.canary;
  // Its plan can only be taken away while it starts.
  if (policy === false) throw new Error(`rollout ${rollout.id} is a canary without a policy`);
  // Nothing is asked of the engine first, which may be away or slow.
  const seen = deps.canaries.verdict(rollout.id);
  if (seen?.move.move === 'roll-back')
    return worse(namesOf(deps, rolling), rolling, seen.move, seen.decision);
  if (nothingToCompare(spec)) return wait(deps, rolling, scaledAwayLine(namesOf(deps, rolling), spec));
  if (rolling.app.maintenance === 1)
    return wait(deps, rolling, maintenanceLine(namesOf(deps, rolling), spec));
  const there = await deps.workloads.observe(rolling.app.id);
  // Users first: while one that is gone is made anew, stable has its requests.
  const split = splitOf(deps, rolling.app, there);
  await deps.routes.apply(routeOf(deps.store, deps.settings, rolling.app, split, there));
  const has = webReplicas(there, rolling);
  const found = await capacity(deps, rollout.id, spec, processesAt(rolling, rollout.weight, has));
  if (found.state === 'failed') return found;
  await watchCanary(deps, rolling, policy, found.replicas);
  const verdict = deps.canaries.verdict(rollout.id);
  return verdict && act(deps, rolling, policy, verdict);
}

/**
 * Scaling to nothing and maintenance are how people stop an incident: that must not make live what nobody could compare.
 * It is not watched meanwhile, so that its time does not pass either.
 */
async function wait(deps: ControllerDeps, rolling: Rolling, why: string): Promise<Failure | undefined> {
  const { app, rollout, spec } = rolling;
  deps.canaries.keepOnly(app.id);
  const found = await capacity(deps, rollout.id, spec, processesAt(rolling, rollout.weight));
  if (found.state === 'failed') return found;
  const { replicas } = found;
  await deps.routes.apply(routeOf(deps.store, deps.settings, app, splitOf(deps, app, replicas), replicas));
  await toldOnce(deps, rollout, { kind: 'held', text: why });
  return undefined;
}

/**
 * A canary that is being promoted keeps its share until all its replicas are ready; until then it is still watched.
 * @returns why it must be taken back
 */
export async function stillGood(deps: ControllerDeps, rolling: Rolling): Promise<Failure | undefined> {
  const { app, rollout } = rolling;
  const policy = rollout.plan.canary;
  if (policy === false || rollout.weight === 0) return undefined;
  const seen = deps.canaries.verdict(rollout.id);
  if (seen?.move.move === 'roll-back')
    return worse(namesOf(deps, rolling), rolling, seen.move, seen.decision);
  await watchCanary(deps, rolling, policy, await deps.workloads.observe(app.id));
  const verdict = deps.canaries.verdict(rollout.id);
  if (verdict?.move.move !== 'roll-back') return undefined;
  return worse(namesOf(deps, rolling), rolling, verdict.move, verdict.decision);
}

async function act(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  { move, decision }: { move: Move; decision: Decision },
): Promise<Failure | undefined> {
  const names = namesOf(deps, rolling);
  const { evidence } = decision;
  const numbers = numbersLine(names, policy, evidence);
  switch (move.move) {
    case 'stay':
      return undefined;
    case 'roll-back':
      return worse(names, rolling, move, decision);
    case 'hold':
      return hold(deps, rolling, move.code, named(move.sentence, names), [
        numbers,
        { kind: 'held', text: heldLine(move.sentence, names, rolling.app.name), evidence },
      ]);
    case 'step':
      return step(deps, rolling, policy, [
        numbers,
        { kind: 'passed', text: passedLine(move.sentence, names), evidence },
      ]);
    case 'promote': {
      const text = promotionText(deps, rolling, names, move);
      const passed = { kind: 'passed', text: passedLine(move.sentence, names), evidence } as const;
      return promote(deps, rolling, [
        numbers,
        ...(move.evidence === 'strong' ? [passed] : []),
        { kind: 'promoting', text, evidence },
      ]);
    }
  }
}

/** It waits for a person from now on. */
async function hold(
  deps: ControllerDeps,
  { app, rollout }: Rolling,
  code: ReasonCode,
  why: string,
  lines: readonly Line[],
): Promise<undefined> {
  const held = reason(code, why, heldHint(app.name));
  await journalled(deps, rollout, () => deps.store.rollouts.hold(rollout.id, held), ...lines);
}

async function promote(
  deps: ControllerDeps,
  { rollout }: Rolling,
  lines: readonly Line[],
): Promise<undefined> {
  const change = (): boolean => goesOn(deps, rollout) && deps.store.rollouts.move(rollout.id, 'promote');
  await journalled(deps, rollout, change, ...lines);
}

/** Capacity first, then weight. */
async function step(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  passed: readonly Line[],
): Promise<Failure | undefined> {
  const { rollout, spec } = rolling;
  const next = rollout.step + 1;
  const weight = weightOf(policy.steps[next] as number);
  const found = await capacity(deps, rollout.id, spec, processesAt(rolling, weight));
  if (found.state === 'failed') return found;
  if (found.state === 'waiting') return undefined;
  const text = stepText(namesOf(deps, rolling), rolling, policy, { index: next, weight });
  const change = (): boolean =>
    goesOn(deps, rollout) && deps.store.rollouts.move(rollout.id, 'step', { step: next, weight });
  if (!(await journalled(deps, rollout, change, ...passed, { kind: 'step', text }))) return undefined;
  await watchCanary(deps, reread(deps, rolling), policy, found.replicas);
  return undefined;
}

function reread(deps: ControllerDeps, rolling: Rolling): Rolling {
  return { ...rolling, rollout: deps.store.rollouts.require(rolling.rollout.id) };
}

/** What a share needs, and no fewer than there are: those of the next step may be starting. */
function processesAt({ spec }: Rolling, weight: number, has = 0): ProcessSpec[] {
  const web = spec.processes.find(({ type }) => type === 'web');
  if (!web) return [...spec.processes];
  const replicas = Math.max(replicasFor(weight, web.replicas), Math.min(has, web.replicas));
  return [{ ...web, replicas }];
}

function webReplicas(replicas: readonly Replica[], { release }: Rolling): number {
  return replicas.filter(({ releaseId, process }) => releaseId === release.id && process === 'web').length;
}
