import { buildHasEnded } from '../core/build.ts';
import type { Until, Verdict } from '../core/contracts/internal.ts';
import { rolloutHasEnded } from '../core/rollout.ts';
import { webReplicas } from './release-spec.ts';
import type { AppRow } from './store/apps.ts';
import type { BuildRow } from './store/builds.ts';
import type { ReleaseRow } from './store/releases.ts';
import type { Store } from './store/store.ts';

/** Only `web` has an address; before anything is live, its page says so. */
function whereItAnswers(
  store: Store,
  live: ReleaseRow | undefined,
  url: string,
): Pick<Verdict, 'url' | 'webScaledToZero'> {
  if (live === undefined || webReplicas(store, live) > 0) return { url };
  return live.manifest.processes['web'] === undefined ? {} : { webScaledToZero: true };
}

/** Builds of other apps are nobody's business but that they are there. */
function queuedBehind(store: Store, { app_id: appId }: BuildRow): string | undefined {
  const running = store.builds.open().filter(({ state }) => state === 'testing' || state === 'building');
  if (running.length === 0) return undefined;
  const own = running.find((build) => build.app_id === appId);
  if (own) return `build ${own.number}`;
  return running.length === 1 ? "another app's build" : `${running.length} builds of other apps`;
}

/** How a build stands, or its rollout with `until` = `live`: the one answer to "is my push over, and was it good?". */
export function verdictOf(store: Store, app: AppRow, build: BuildRow, until: Until, url: string): Verdict {
  const release = store.releases.carrying(build.id);
  const rollout = release && store.rollouts.byRelease(release.id);
  const live = app.live_release_id === null ? undefined : store.releases.byId(app.live_release_id);
  const common = {
    build: { number: build.number, state: build.state },
    ...(release && rollout ? { release: { number: release.number, rollout: rollout.state } } : {}),
    ...(live
      ? { live: { release: live.number, ...(live.commit_id === null ? {} : { commit: live.commit_id }) } }
      : {}),
    ...whereItAnswers(store, live, url),
  };
  if (!buildHasEnded(build.state)) {
    const behind = build.state === 'queued' ? queuedBehind(store, build) : undefined;
    return { ended: false, ok: false, ...common, ...(behind === undefined ? {} : { behind }) };
  }
  if (build.state !== 'succeeded') {
    return { ended: true, ok: false, ...common, ...(build.reason ? { reason: build.reason } : {}) };
  }
  if (until === 'build') return { ended: true, ok: true, ...common };
  if (!rollout || !rolloutHasEnded(rollout.state)) return { ended: false, ok: false, ...common };
  return {
    ended: true,
    ok: rollout.state === 'live',
    ...common,
    ...(rollout.reason ? { reason: rollout.reason } : {}),
  };
}
