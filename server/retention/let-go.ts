import { setImmediate as breathe } from 'node:timers/promises';
import { dropOldAnswers } from '../api/idempotency.ts';
import { pruneImages } from '../controller/images.ts';
import { KEPT_BODIES } from '../hooks/accept.ts';
import type { AppRow } from '../store/apps.ts';
import { RETIRED_AT_ONCE } from '../store/audit-retention.ts';
import type { RetentionDeps } from './deps.ts';
import { endedAt } from './ended.ts';
import { keptReleasesOf } from './kept-releases.ts';
import { merged } from './periods.ts';
import {
  type EndedBuild,
  type EndedLog,
  logsToLetGo,
  logStaysMs,
  refsToLetGo,
  UNREFERENCED_MS,
} from './terms.ts';

const DAY_MS = 24 * 3_600_000;
/** Cache that nobody has used for so long has gone by itself, or will not be missed in the books, in milliseconds. */
const PERIOD_MS = 365 * 24 * 3_600_000;

/** What came by hooks: ages in milliseconds, counts for each hook. What was seen goes by its own time (server/hooks). */
const DELIVERIES = {
  bodyMs: 7 * 24 * 3_600_000,
  bodies: KEPT_BODIES,
  rowMs: 90 * 24 * 3_600_000,
  rows: 1_000,
  seen: 50_000,
};
/** What was told to others can be told again for so long, in milliseconds. */
const OUTGOING_MS = 30 * 24 * 3_600_000;
/** What could not be told in two days, or is one of so many that wait for the same receiver, is not told. */
const UNTOLD_MS = 2 * 24 * 3_600_000;
const UNTOLD = 1_000;

/** Each may be repeated, and broken off anywhere: what is gone is not looked for again. Sizes are in bytes. */

/** Images that no release needs. @returns how many went */
export async function letImagesGo(deps: RetentionDeps): Promise<number> {
  let removed = 0;
  for (const app of deps.store.apps.all()) removed += await pruneImages(deps, app);
  return removed;
}

/** @returns bytes freed */
export async function letCacheGo(deps: RetentionDeps, bytes: number, now: number): Promise<number> {
  return deps.workloads.trimBuildCache(bytes, merged(deps.store.builds.periods(now)));
}

/** @param wanted bytes to free beyond what is old. @returns how many logs went */
export async function letLogsGo(deps: RetentionDeps, wanted: number, now: number): Promise<number> {
  const { store, buildLogs } = deps;
  // The journal is asked only about those that were not written to for so long: there may be very many.
  const quiet = (await buildLogs.list()).filter(({ writtenAt }) => now - writtenAt > logStaysMs(wanted));
  const ended = quiet.flatMap(({ id, bytes }): EndedLog[] => {
    const at = endedAt(store, id);
    return at === undefined ? [] : [{ id, bytes, endedAt: at }];
  });
  const over = logsToLetGo(ended, now, wanted);
  for (const id of over) await buildLogs.remove(id);
  return over.length;
}

/** Hidden refs of ended builds. Git drops the objects later: `Repositories.shrink`. @returns how many went */
export async function letRefsGo(
  deps: RetentionDeps,
  app: AppRow,
  pressed: boolean,
  now: number,
): Promise<number> {
  const { store, repositories, workloads, lock } = deps;
  // Under the lock, so that no rollback is promised a commit that goes the next moment.
  return lock.run(app.id, async () => {
    if (!store.apps.byId(app.id)) return 0;
    const [ids, images] = await Promise.all([repositories.keptBuilds(app.id), workloads.images(app.id)]);
    const held = new Set(images.map(({ image }) => image));
    const needed = new Set(keptReleasesOf(store, app.id).map((release) => release.build_id));
    const ended = ids.flatMap((id): EndedBuild[] => {
      const at = needed.has(id) ? undefined : endedAt(store, id);
      return at === undefined ? [] : [{ id, endedAt: at }];
    });
    // What can still be started must also find its commit.
    const over = refsToLetGo(ended, now, pressed).filter(
      (id) => !held.has(store.builds.byId(id)?.image?.image ?? ''),
    );
    if (over.length > 0) await repositories.dropBuilds(app.id, over);
    return over.length;
  });
}

/** Objects of an app's repository that nothing refers to. */
export async function letObjectsGo({ repositories }: RetentionDeps, app: AppRow, now: number): Promise<void> {
  await repositories.shrink(app.id, UNREFERENCED_MS, now);
}

/** What people did, where the admin wants it kept for a time only. @returns how many rows went */
export async function letAuditGo({ store, settings }: RetentionDeps, now: number): Promise<number> {
  if (settings.auditDays === 0) return 0;
  let gone = 0;
  for (let rows = RETIRED_AT_ONCE; rows === RETIRED_AT_ONCE; gone += rows) {
    rows = store.events.retire(now, settings.auditDays * DAY_MS);
    await breathe();
  }
  return gone;
}

/** Rows that only serve for a while. @returns how many went */
export function letRowsGo({ store }: Pick<RetentionDeps, 'store'>, now: number): number {
  store.outgoing.giveUp(now - UNTOLD_MS, UNTOLD);
  return (
    dropOldAnswers(store.db, now) +
    store.feed.letGo(now) +
    store.builds.forgetPeriods(now - PERIOD_MS) +
    store.deliveries.letGo(now, DELIVERIES) +
    store.outgoing.forget(now - OUTGOING_MS)
  );
}
