import { replicasFor, weightOf } from '../../core/canary/capacity.ts';
import type { Decision } from '../../core/canary/decision.ts';
import {
  heldLine,
  named,
  type Names,
  passedLine,
  promotingLine,
  stepLine,
  takenBackLine,
  workersLine,
} from '../../core/canary/lines.ts';
import type { Move } from '../../core/canary/next-move.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import { type Reason, reason } from '../../core/reason.ts';
import type { ProcessSpec, Replica } from '../../engines/port.ts';
import type { Followed } from '../canary/followed.ts';
import { capacity, counted } from './capacity.ts';
import type { ControllerDeps } from './deps.ts';
import type { FirstMove } from './first-move.ts';
import { answering, routeOf, splitOf } from './route-of.ts';
import type { Rolling } from './rollout.ts';
import { journalled } from './story.ts';

/** The first step: its capacity is ready, so the journal says its weight, and the route follows. */
export async function begin(
  deps: ControllerDeps,
  rolling: Rolling,
  move: Extract<FirstMove, { to: 'canary' }>,
): Promise<void> {
  const { rollout } = rolling;
  const { policy, weight } = move;
  const text = stepText(deps, rolling, policy, { index: 0, weight });
  const change = (): boolean => deps.store.rollouts.move(rollout.id, 'step', { step: 0, weight });
  if (!(await journalled(deps, rollout, change, { kind: 'step', text }))) return;
  const fresh = { ...rolling, rollout: deps.store.rollouts.require(rollout.id) };
  await watch(deps, fresh, policy, await deps.workloads.observe(rolling.app.id));
}

/**
 * One look at a canary under way: keeps its replicas, its weight and its watch as they should be, and does what the watch
 * has decided.
 * @returns why it must be taken back
 */
export async function walk(deps: ControllerDeps, rolling: Rolling): Promise<Reason | undefined> {
  const { rollout, spec } = rolling;
  const policy = rollout.plan.canary;
  // Its plan can only be taken away while it starts.
  if (policy === false) throw new Error(`rollout ${rollout.id} is a canary without a policy`);
  const found = await capacity(deps, rollout.id, spec, processesAt(rolling, rollout.weight));
  if (found.state === 'failed') return found.reason;
  await watch(deps, rolling, policy, found.replicas);
  const verdict = deps.canaries.verdict(rollout.id);
  return verdict && act(deps, rolling, policy, verdict);
}

/**
 * A canary that is being promoted keeps its share until all its replicas are ready; until then it is still watched.
 * @returns why it must be taken back
 */
export async function stillGood(deps: ControllerDeps, rolling: Rolling): Promise<Reason | undefined> {
  const { app, rollout } = rolling;
  const policy = rollout.plan.canary;
  if (policy === false || rollout.weight === 0) return undefined;
  await watch(deps, rolling, policy, await deps.workloads.observe(app.id));
  const verdict = deps.canaries.verdict(rollout.id);
  if (verdict?.move.move !== 'roll-back') return undefined;
  return takenBack(deps, rolling, verdict.move, verdict.decision);
}

async function act(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  { move, decision }: { move: Move; decision: Decision },
): Promise<Reason | undefined> {
  const { rollout } = rolling;
  const { evidence } = decision;
  const names = namesOf(deps, rolling);
  switch (move.move) {
    case 'stay':
      return undefined;
    case 'roll-back':
      return takenBack(deps, rolling, move, decision);
    case 'hold': {
      const { name } = rolling.app;
      const hint = `sluice rollouts:promote -a ${name}   gives it all traffic; sluice rollouts:abort -a ${name}   takes it back`;
      const why = reason(move.code, named(move.sentence, names), hint);
      const text = heldLine(move.sentence, names, name);
      await journalled(deps, rollout, () => deps.store.rollouts.hold(rollout.id, why), {
        kind: 'held',
        text,
        evidence,
      });
      return undefined;
    }
    case 'step':
      return step(deps, rolling, policy, {
        kind: 'passed',
        text: passedLine(move.sentence, names),
        evidence,
      });
    case 'promote': {
      const weak = move.evidence === 'weak';
      const text = promotingLine({
        names,
        keepSeconds: policy.keepSeconds,
        ...(weak ? { weak: move.sentence } : {}),
      });
      const change = (): boolean => deps.store.rollouts.move(rollout.id, 'promote');
      await journalled(
        deps,
        rollout,
        change,
        ...(weak ? [] : [{ kind: 'passed' as const, text: passedLine(move.sentence, names), evidence }]),
        { kind: 'promoting', text, evidence },
      );
      return undefined;
    }
  }
}

/** Capacity first, then weight. */
async function step(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  passed: Parameters<typeof journalled>[3],
): Promise<Reason | undefined> {
  const { rollout, spec } = rolling;
  const next = rollout.step + 1;
  const weight = weightOf(policy.steps[next] as number);
  const found = await capacity(deps, rollout.id, spec, processesAt(rolling, weight));
  if (found.state === 'failed') return found.reason;
  if (found.state === 'waiting') return undefined;
  const text = stepText(deps, rolling, policy, { index: next, weight });
  const change = (): boolean => deps.store.rollouts.move(rollout.id, 'step', { step: next, weight });
  if (!(await journalled(deps, rollout, change, passed, { kind: 'step', text }))) return undefined;
  await watch(deps, { ...rolling, rollout: deps.store.rollouts.require(rollout.id) }, policy, found.replicas);
  return undefined;
}

/** Makes the route be what the journal says, then has the canary watched at that weight. */
async function watch(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  replicas: readonly Replica[],
): Promise<void> {
  const { app, rollout, release, spec } = rolling;
  const split = splitOf(deps.store, app, replicas);
  await deps.routes.apply(routeOf(deps.store, deps.settings, app, split, replicas));
  if (app.live_release_id === null) return;
  const stable = deps.store.releases.require(app.live_release_id);
  const kind = rollout.weight > 0 ? 'web' : 'workers';
  deps.canaries.follow({
    rolloutId: rollout.id,
    appId: app.id,
    kind,
    canary: release.id,
    stable: stable.id,
    policy,
    stepIndex: rollout.step,
    weight: rollout.weight,
    waits: rollout.state !== 'canary' || rollout.paused_by !== null || rollout.held !== null,
    restarts: {
      canary: restartsOf(replicas, release.id, kind),
      stable: restartsOf(replicas, stable.id, kind),
    },
    probe: {
      host: spec.host,
      path: spec.health.path,
      canary: addressesOf(replicas, release.id),
      stable: addressesOf(replicas, stable.id),
    },
    progress: rollout.progress,
    names: namesOf(deps, rolling),
    tell: (text) =>
      void deps.progress.output(rollout, Buffer.from(`       ${text}\n`)).catch(() => undefined),
  } satisfies Followed);
}

function takenBack(
  deps: ControllerDeps,
  rolling: Rolling,
  { code, sentence }: Extract<Move, { move: 'roll-back' }>,
  { evidence }: Decision,
): Reason {
  const { app, rollout } = rolling;
  const names = namesOf(deps, rolling);
  deps.store.rollouts.say(rollout.id, 'note', named(sentence, names), evidence);
  return reason(
    code,
    takenBackLine(names, sentence, rollout.weight),
    `its numbers: sluice rollouts:show ${names.canary} -a ${app.name}; what it printed: sluice logs -a ${app.name}`,
  );
}

function processesAt({ spec }: Rolling, weight: number): ProcessSpec[] {
  const web = spec.processes.find(({ type }) => type === 'web');
  return web ? [{ ...web, replicas: replicasFor(weight, web.replicas) }] : [...spec.processes];
}

function restartsOf(replicas: readonly Replica[], releaseId: string, kind: Followed['kind']): number {
  return replicas
    .filter((one) => one.releaseId === releaseId && (kind === 'workers' || one.process === 'web'))
    .reduce((sum, { restarts }) => sum + restarts, 0);
}

function addressesOf(replicas: readonly Replica[], releaseId: string): { host: string; port: number }[] {
  return answering(replicas, releaseId).flatMap(({ address }) => address ?? []);
}

function stepText(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  { index, weight }: { index: number; weight: number },
): string {
  const names = namesOf(deps, rolling);
  const web = rolling.spec.processes.find(({ type }) => type === 'web');
  if (!web || weight === 0) return workersLine(names, counted(rolling.spec.processes), policy.bakeSeconds);
  return stepLine({
    number: index + 1,
    of: policy.steps.length,
    weight,
    names,
    bakeSeconds: policy.bakeSeconds,
    replicas: { now: replicasFor(weight, web.replicas), full: web.replicas },
  });
}

function namesOf({ store }: ControllerDeps, { app, release }: Rolling): Names {
  const live = app.live_release_id === null ? undefined : store.releases.require(app.live_release_id);
  return { canary: `v${release.number}`, stable: live === undefined ? 'nothing' : `v${live.number}` };
}
