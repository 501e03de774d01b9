import type { CanaryPolicy } from '../../core/manifest/manifest.ts';
import type { Replica } from '../../engines/port.ts';
import type { Address, Followed } from '../canary/followed.ts';
import { namesOf } from './canary-lines.ts';
import type { ControllerDeps } from './deps.ts';
import { answering, routeOf, splitOf } from './route-of.ts';
import type { Rolling } from './rollout.ts';

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
    waits: rollout.state !== 'canary' || rollout.paused_by !== null || rollout.held !== null,
    resumedAtMs: rollout.plan.resumedAtMs,
    restarts: {
      canary: restartsOf(replicas, release.id, kind),
      stable: restartsOf(replicas, stable, kind),
    },
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

function restartsOf(replicas: readonly Replica[], releaseId: string, kind: Followed['kind']): number {
  return replicas
    .filter((one) => one.releaseId === releaseId && (kind === 'workers' || one.process === 'web'))
    .reduce((sum, { restarts }) => sum + restarts, 0);
}

function addressesOf(replicas: readonly Replica[], releaseId: string): Address[] {
  return answering(replicas, releaseId).flatMap(({ address }) => address ?? []);
}
