import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';

/**
 * What whoever asked for a rollback should know, and that stops nothing. Also what never went live counts: its release
 * command ran on the database that all releases share.
 */
export function rollbackWarnings(store: Store, rollback: ReleaseRow): string[] {
  const { rollback_of: target } = rollback;
  if (target === null) return [];
  const ran = store.releases.thatRanTheirPhase(
    rollback.app_id,
    madeFirst(store, rollback, target),
    rollback.number,
  );
  if (ran.length === 0) return [];
  const names = ran.map((number) => `v${number}`).join(', ');
  return [
    `the release command of ${names} ran after v${target} was made: what it changed, in a database for example, stays, and v${target} must get along with it`,
  ];
}

/** The number under which the target's code was first released: it may be a rollback or a change of config itself. */
function madeFirst(store: Store, rollback: ReleaseRow, target: number): number {
  const first = rollback.build_id === null ? undefined : store.releases.byBuild(rollback.build_id);
  return Math.min(target, first?.number ?? target);
}
