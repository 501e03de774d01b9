import { Refusal } from '../../core/reason.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import { releaseSpec } from '../release-spec.ts';
import type { AppRow } from '../store/apps.ts';
import type { RetiringRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { ControllerDeps } from './deps.ts';
import { isComplete } from './replicas.ts';
import { isTemporary } from './temporary.ts';

/** The journal is told so often how long a release stays warm yet, in milliseconds: a crash adds no more than this. */
const JOURNAL_EVERY_MS = 10_000;

/** `performance.now()` up to which a warm release's time is counted in the journal, of each server that runs. */
const countedUpTo = new WeakMap<Store, Map<string, number>>();

export interface Warm {
  readonly releaseId: string;
  /** Milliseconds after which to look again. */
  readonly again: number;
}

/**
 * Keeps the release that was live before this one warm as long as its time is not over: its `web` processes stay, so that
 * going back is instant, and its others end. Older ones are let go. The time counts only while a server runs.
 * @returns what stays warm, undefined when nothing does
 */
export async function keepWarm(
  deps: ControllerDeps,
  app: AppRow,
  retiring: readonly RetiringRow[],
): Promise<Warm | undefined> {
  const { store } = deps;
  let kept: Warm | undefined;
  for (const row of retiring.filter(({ keep_left_ms }) => keep_left_ms > 0)) {
    const again = isPredecessor(store, row) ? countDown(store, row) : undefined;
    if (again !== undefined && (await keepWeb(deps, app, row))) kept = { releaseId: row.release_id, again };
    else letGo(store, row);
  }
  return kept;
}

/** Only the one before what is live: what was kept for an older one's sake has had its time when a newer one goes live. */
function isPredecessor(store: Store, { app_id, release_id }: RetiringRow): boolean {
  return store.releases.thatWereLive(app_id, 2)[1]?.id === release_id;
}

/** @returns milliseconds after which to look again, undefined when its time is over */
function countDown(store: Store, row: RetiringRow): number | undefined {
  const clocks = countedUpTo.get(store) ?? new Map<string, number>();
  countedUpTo.set(store, clocks);
  const now = performance.now();
  const since = clocks.get(row.release_id) ?? now;
  clocks.set(row.release_id, since);
  const left = row.keep_left_ms - (now - since);
  // It has the traffic of a rollback to it, until that has replicas of its own.
  if (isGoneBackTo(store, row)) return JOURNAL_EVERY_MS;
  if (left <= 0) return undefined;
  if (now - since < JOURNAL_EVERY_MS) return Math.min(left, JOURNAL_EVERY_MS - (now - since));
  store.rollouts.setKeepLeft(row.release_id, left);
  clocks.set(row.release_id, now);
  return Math.min(left, JOURNAL_EVERY_MS);
}

function isGoneBackTo(store: Store, { app_id, release_id }: RetiringRow): boolean {
  const { number } = store.releases.require(release_id);
  return store.rollouts
    .open(app_id)
    .some(
      ({ plan, release_id: id }) =>
        plan.canary === false && store.releases.require(id).rollback_of === number,
    );
}

function letGo(store: Store, { release_id }: RetiringRow): void {
  store.rollouts.setKeepLeft(release_id, 0);
  countedUpTo.get(store)?.delete(release_id);
}

/** @returns false when there is nothing to keep, or the engine refuses */
async function keepWeb(deps: ControllerDeps, app: AppRow, { release_id }: RetiringRow): Promise<boolean> {
  const release = deps.store.releases.require(release_id);
  const spec = onlyWeb(releaseSpec(deps.store, deps.settings.domain, app, release));
  if (!spec.processes.some(({ type }) => type === 'web')) return false;
  if (isComplete(spec, await deps.workloads.observe(app.id))) return true;
  try {
    await deps.workloads.ensure(spec);
    return true;
  } catch (error) {
    if (!(error instanceof Refusal) || isTemporary(error)) throw error;
    deps.log.warn({ err: error, release: release_id }, 'an old release cannot be kept warm');
    return false;
  }
}

function onlyWeb(spec: ReleaseSpec): ReleaseSpec {
  const processes = spec.processes.map((one) => (one.type === 'web' ? one : { ...one, replicas: 0 }));
  return { ...spec, processes };
}
