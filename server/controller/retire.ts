import type { KeptRelease } from '../../engines/port.ts';
import type { AppRow } from '../store/apps.ts';
import type { ControllerDeps } from './deps.ts';
import { keepWarm } from './warm.ts';

/** Extra time beyond grace for the router to count a release's last requests, in milliseconds. */
const LOOK_AGAIN_MS = 100;

/** Releases whose containers are being stopped, which takes up to their grace: no look waits for it. */
const ending = new Set<string>();

/**
 * When each retiring release was first seen by this server, once it was not kept warm any more; `performance.now()`, as a
 * clock jump must not cut requests.
 */
const firstSeen = new Map<string, number>();

/**
 * Journals every release that has replicas, or of which the engine keeps something else, and neither is live nor on its
 * way: what a finished rollout, a cancel or a crash has left.
 * @returns whether there was any
 */
export function retireLeftovers(deps: ControllerDeps, app: AppRow, there: readonly KeptRelease[]): boolean {
  const wanted = wantedReleases(deps, app);
  const leftovers = new Set(there.flatMap(({ releaseId }) => (wanted.has(releaseId) ? [] : [releaseId])));
  for (const releaseId of leftovers) {
    const grace = deps.store.releases.byId(releaseId)?.manifest.web.graceSeconds ?? 0;
    deps.store.rollouts.retire(releaseId, app.id, grace);
  }
  return leftovers.size > 0;
}

/** What the engine keeps besides replicas, of releases that the journal knows: an older copy of it may not. */
export async function keptReleases(deps: ControllerDeps, app?: AppRow): Promise<KeptRelease[]> {
  const kept = (await deps.workloads.kept?.(app?.id)) ?? [];
  return kept.filter(({ releaseId }) => deps.store.releases.byId(releaseId) !== undefined);
}

/**
 * Begins to end retiring releases that are not kept warm any more, once their requests have ended or their grace is over.
 * @returns milliseconds after which to look again, undefined when nothing waits
 */
export async function endRetired(deps: ControllerDeps, app: AppRow): Promise<number | undefined> {
  const { store, traffic } = deps;
  const wanted = wantedReleases(deps, app);
  const retiring = store.rollouts.retiring(app.id).filter((row) => !ending.has(row.release_id));
  const warm = await keepWarm(deps, app, retiring);
  const rows = retiring.filter((row) => row.release_id !== warm?.releaseId);
  if (rows.length === 0) return warm?.again;
  const active = new Map((await traffic.counts()).releases.map((count) => [count.releaseId, count.active]));
  let waiting = false;
  for (const row of rows) {
    const seen = firstSeen.get(row.release_id) ?? performance.now();
    firstSeen.set(row.release_id, seen);
    const open = active.get(row.release_id) ?? 0;
    if (wanted.has(row.release_id)) {
      store.rollouts.unretire(row.release_id);
      firstSeen.delete(row.release_id);
    } else if (open > 0 && performance.now() - seen < row.grace_seconds * 1_000) waiting = true;
    else void end(deps, app, row.release_id, row.grace_seconds);
  }
  return waiting ? LOOK_AGAIN_MS : warm?.again;
}

/** Never rejects. What could not be stopped stays journalled, and the next tick tries again. */
async function end(
  deps: ControllerDeps,
  app: AppRow,
  releaseId: string,
  graceSeconds: number,
): Promise<void> {
  ending.add(releaseId);
  try {
    await deps.workloads.removeRelease({ id: app.id, name: app.name }, releaseId, graceSeconds);
    deps.store.rollouts.unretire(releaseId);
    firstSeen.delete(releaseId);
    deps.changes.notify(app.id);
  } catch (error) {
    deps.log.warn({ err: error, release: releaseId }, 'could not stop a release; trying again');
  } finally {
    ending.delete(releaseId);
  }
}

function wantedReleases(deps: ControllerDeps, app: AppRow): Set<string> {
  const open = deps.store.rollouts.open(app.id).map((rollout) => rollout.release_id);
  const live = deps.store.apps.byId(app.id)?.live_release_id ?? null;
  return new Set(live === null ? open : [...open, live]);
}
