import type { Store } from '../store/store.ts';

/** When a build and the rollout that it led to had both ended, milliseconds since 1970; undefined: not yet, or unknown. */
export function endedAt(store: Store, buildId: string): number | undefined {
  const build = store.builds.byId(buildId);
  if (!build || build.finished_at === null) return undefined;
  const release = store.releases.carrying(buildId);
  const rollout = release && store.rollouts.byRelease(release.id);
  if (!rollout) return build.finished_at;
  return rollout.finished_at === null ? undefined : Math.max(build.finished_at, rollout.finished_at);
}
