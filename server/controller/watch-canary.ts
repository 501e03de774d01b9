import { isDeepStrictEqual } from 'node:util';
import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { Replica } from '../../engines/port.ts';
import type { Address, Followed } from '../canary/followed.ts';
import { namesOf } from './canary-lines.ts';
import type { ControllerDeps } from './deps.ts';
import { answering, routeOf, splitOf } from './route-of.ts';
import type { Rolling } from './rolling.ts';
import type { RolloutRow } from '../store/rollouts.ts';

/** Makes the route be what the journal says, then has the canary watched at that weight. */
export async function watchCanary(
  deps: ControllerDeps,
  rolling: Rolling,
  policy: CanaryPolicy,
  replicas: readonly Replica[],
): Promise<void> {
  const { app, rollout, release, spec } = rolling;
  const split = splitOf(deps, app, replicas);
  await deps.routes.apply(routeOf(deps.store, deps.settings, app, split, replicas));
  const stable = app.live_release_id;
  if (stable === null) return;
  const kind = rollout.weight > 0 ? 'web' : 'workers';
  deps.canaries.follow({
    rolloutId: rollout.id,
    appId: app.id,
    kind,
    canary: release.id,
    stable,
    policy,
    stepIndex: rollout.step,
    weight: rollout.weight,
    away: kind === 'web' && split.canary === undefined,
    waits: waits(rollout),
    resumedAtMs: rollout.plan.resumedAtMs,
    restarts: {
      canary: restartsOf(replicas, release.id, kind),
      stable: restartsOf(replicas, stable, kind),
    },
    crash: ofKind(replicas, release.id, kind).find(({ crash }) => crash !== undefined)?.crash,
    probe: {
      host: spec.host,
      path: spec.health.path,
      canary: addressesOf(replicas, release.id),
      stable: addressesOf(replicas, stable),
    },
    progress: rollout.progress,
    names: namesOf(deps, rolling),
    tell: (text) => {
      deps.progress
        .output(rollout, Buffer.from(`       ${text}\n`))
        .catch((error: unknown) => deps.log.warn({ err: error, rollout: rollout.id }, 'could not tell it'));
    },
  });
}

/**
 * Whether the watch knows of a canary all that there is to know, so that only what it sees can change anything. Of one
 * that is ill nobody else counts how long it has been so.
 */
export function isUnderWatch(
  { canaries }: Pick<ControllerDeps, 'canaries'>,
  live: string,
  rollout: RolloutRow,
  replicas: readonly Replica[],
): boolean {
  const known = canaries.followed(rollout.id);
  if (!known) return false;
  const { canary, stable, stepIndex, weight, policy, restarts, probe, kind } = known;
  return (
    stable === live &&
    ofKind(replicas, canary, kind).every(({ state }) => state === 'ready') &&
    stepIndex === rollout.step &&
    weight === rollout.weight &&
    known.waits === waits(rollout) &&
    known.resumedAtMs === rollout.plan.resumedAtMs &&
    restarts.canary === restartsOf(replicas, canary, kind) &&
    restarts.stable === restartsOf(replicas, stable, kind) &&
    isDeepStrictEqual(policy, rollout.plan.canary) &&
    isDeepStrictEqual(probe.canary, addressesOf(replicas, canary)) &&
    isDeepStrictEqual(probe.stable, addressesOf(replicas, stable))
  );
}

function waits({ state, paused_by: pausedBy, held }: RolloutRow): boolean {
  return state !== 'canary' || pausedBy !== null || held !== null;
}

function restartsOf(replicas: readonly Replica[], releaseId: string, kind: Followed['kind']): number {
  return ofKind(replicas, releaseId, kind).reduce((sum, { restarts }) => sum + restarts, 0);
}

function ofKind(replicas: readonly Replica[], releaseId: string, kind: Followed['kind']): Replica[] {
  return replicas.filter(
    (one) => one.releaseId === releaseId && (kind === 'workers' || one.process === 'web'),
  );
}

function addressesOf(replicas: readonly Replica[], releaseId: string): Address[] {
  return answering(replicas, releaseId).flatMap(({ address }) => address ?? []);
}
