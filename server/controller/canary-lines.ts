import { replicasFor } from '../../core/canary/capacity.ts';
import type { Decision, Evidence } from '../../core/canary/decision.ts';
import {
  lookLine,
  promotingLine,
  type Names,
  stepLine,
  takenBackLine,
  workersLine,
} from '../../core/canary/lines.ts';
import { sideBySide } from '../../core/canary/side-by-side.ts';
import type { Move } from '../../core/canary/next-move.ts';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import { reason } from '../../core/reason.ts';
import { counted } from './capacity.ts';
import type { ControllerDeps } from './deps.ts';
import type { Failure } from './failure.ts';
import { keepSecondsOf } from './keep.ts';
import type { Rolling } from './rolling.ts';
import type { Line } from './story.ts';

/** What both sides are called: `v12` and `v11`. */
export function namesOf({ store }: Pick<ControllerDeps, 'store'>, { app, release }: Rolling): Names {
  const live = app.live_release_id === null ? undefined : store.releases.require(app.live_release_id);
  return { canary: `v${release.number}`, stable: live === undefined ? 'nothing' : `v${live.number}` };
}

/** The line that begins a step. */
export function stepText(
  names: Names,
  { spec }: Rolling,
  policy: CanaryPolicy,
  { index, weight }: { index: number; weight: number },
): string {
  const web = spec.processes.find(({ type }) => type === 'web');
  if (!web || weight === 0) return workersLine(names, counted(spec.processes), policy.bakeSeconds);
  return stepLine({
    number: index + 1,
    of: policy.steps.length,
    weight,
    names,
    bakeSeconds: policy.bakeSeconds,
    replicas: { now: replicasFor(weight, web.replicas), full: web.replicas },
  });
}

/** What is live now stays warm only where it answers requests, and is not what a rollback goes away from. */
export function promotionText(
  { store }: Pick<ControllerDeps, 'store'>,
  { app, release, spec }: Rolling,
  names: Names,
  { evidence, sentence }: Extract<Move, { move: 'promote' }>,
): string {
  const live = app.live_release_id === null ? undefined : store.releases.require(app.live_release_id);
  const keepSeconds = live?.manifest.processes['web'] === undefined ? 0 : keepSecondsOf(release);
  const hasRequests = spec.processes.some(({ type }) => type === 'web');
  return promotingLine({
    names,
    keepSeconds,
    hasRequests,
    ...(evidence === 'weak' ? { weak: sentence } : {}),
  });
}

export function scaledAwayLine({ canary }: Names, { app, processes }: Rolling['spec']): string {
  const [first] = processes.toSorted((a, b) => Number(b.type === 'web') - Number(a.type === 'web'));
  const what = first?.type === 'web' ? 'web is scaled to 0' : 'all of it is scaled to 0';
  const go = `sluice ps:scale ${first?.type ?? 'web'}=1 -a ${app.name}   goes on`;
  return `${canary} waits, as ${what} and nothing can be compared: ${go}, sluice rollouts:abort -a ${app.name}   takes it back`;
}

export function maintenanceLine({ canary }: Names, { app }: Rolling['spec']): string {
  return `${canary} waits, as ${app.name} is down for maintenance and nobody asks it anything: sluice maintenance:off -a ${app.name}   goes on, sluice rollouts:abort -a ${app.name}   takes it back`;
}

/** What both sides have done, before the line that says what comes of it. */
export function numbersLine(names: Names, policy: CanaryPolicy, evidence: Evidence): Line {
  return { kind: 'note', text: lookLine(evidence, evidence.seconds, policy.bakeSeconds, names), evidence };
}

export function worse(
  names: Names,
  { app, rollout }: Rolling,
  { code, sentence }: Extract<Move, { move: 'roll-back' }>,
  { evidence, detail }: Decision,
): Failure {
  return {
    reason: reason(
      code,
      takenBackLine(names, sentence, rollout.weight),
      `its numbers: sluice rollouts:show ${names.canary} -a ${app.name}; what it printed: sluice logs -r ${names.canary} -a ${app.name}`,
      // What a process wrote as it ended says more than how many requests it had.
      detail ?? sideBySide(evidence, names),
    ),
    evidence,
  };
}

export function heldHint(app: string): string {
  return `sluice rollouts:promote -a ${app}   gives it all requests; sluice rollouts:abort -a ${app}   takes it back`;
}
