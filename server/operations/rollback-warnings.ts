import type { ReleaseRow } from '../store/releases.ts';
import type { Store } from '../store/store.ts';

/**
 * What whoever asked for a rollback should know, and that stops nothing. Also what never went live counts: its release
 * command ran on the database that all releases share.
 */
export function rollbackWarnings(store: Store, rollback: ReleaseRow): string[] {
  const { rollback_of: target } = rollback;
  if (target === null) return [];
  return [...stayingChanges(store, rollback, target), ...earlierSecrets(store, rollback, target)];
}

function stayingChanges(store: Store, rollback: ReleaseRow, target: number): string[] {
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

/** Its config is brought back as a whole, and the value that a secret had then may be good no more. */
function earlierSecrets(store: Store, rollback: ReleaseRow, target: number): string[] {
  const app = store.apps.require(rollback.app_id);
  const previous = store.rollouts.byRelease(rollback.id)?.previous_release_id ?? null;
  if (previous === null) return [];
  const entriesOf = ({ config_version: version }: ReleaseRow) => store.configs.at(app, version).entries;
  const now = entriesOf(store.releases.require(previous));
  const names = Object.entries(entriesOf(rollback)).flatMap(([name, { secret, value }]) =>
    secret && Object.hasOwn(now, name) && now[name]?.value !== value ? [name] : [],
  );
  if (names.length === 0) return [];
  const all = names.toSorted().join(', ');
  return [
    `v${target} brings back an earlier value of ${all}: where that was revoked, set it again with \`sluice secrets:set ${names.toSorted().join(' ')} -a ${app.name}\``,
  ];
}

/** The number under which the target's code was first released: it may be a rollback or a change of config itself. */
function madeFirst(store: Store, rollback: ReleaseRow, target: number): number {
  const first = rollback.build_id === null ? undefined : store.releases.byBuild(rollback.build_id);
  return Math.min(target, first?.number ?? target);
}
