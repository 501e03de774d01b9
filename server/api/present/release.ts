import type { z } from 'zod';
import type { Release, ReleaseDetail } from '../../../core/contracts/resources.ts';
import { decisiveLine, inThePast } from '../../../core/decisive-line.ts';
import { rolloutHasEnded } from '../../../core/rollout.ts';
import { nameOf } from '../../access/principal.ts';
import { weightPercent } from '../../canary-facts.ts';
import { runsTheSame } from '../../operations/rollback-target.ts';
import { keptReleasesOf } from '../../retention/kept-releases.ts';
import type { AppRow } from '../../store/apps.ts';
import type { ReleaseRow } from '../../store/releases.ts';
import type { Store } from '../../store/store.ts';
import { configChanges } from '../../config-changes.ts';
import { iso, optional, optionalTime } from './time.ts';

export function presentRelease(store: Store, app: AppRow, release: ReleaseRow): Release {
  const rollout = store.rollouts.byRelease(release.id);
  const build = release.build_id === null ? undefined : store.builds.byId(release.build_id);
  return {
    id: release.id,
    number: release.number,
    source: release.source,
    description: release.description,
    ...optional('build', build?.number),
    ...optional('commit', release.commit_id),
    image: release.image,
    configVersion: release.config_version,
    ...optional('rollbackOf', release.rollback_of),
    person: nameOf(store.people, release.person_id),
    state: rollout?.state ?? 'starting',
    live: app.live_release_id === release.id,
    ...optional('weight', rollout?.state === 'canary' ? weightPercent(rollout.weight) : undefined),
    ...optional('reason', rollout?.reason),
    createdAt: iso(release.created_at),
    ...optionalTime('finishedAt', rollout?.finished_at),
  };
}

/** With its processes (type to command, '' for the image's own), how it went, and the config keys that it changed. */
export function presentReleaseDetail(
  store: Store,
  app: AppRow,
  release: ReleaseRow,
): z.infer<typeof ReleaseDetail> {
  const before = store.releases.liveBefore(app.id, release.number);
  const processes = Object.entries(release.manifest.processes).map(([type, { command }]) => [
    type,
    command ?? '',
  ]);
  return {
    ...presentRelease(store, app, release),
    processes: Object.fromEntries(processes) as Record<string, string>,
    ...optional('comparedWith', before?.number),
    canGoBackTo: canGoBackTo(store, app, release),
    ...optional('verdict', verdict(store, release)),
    configChanges: configChanges(
      store.configs.at(app, before?.config_version ?? 0).entries,
      store.configs.at(app, release.config_version).entries,
    ),
  };
}

/** By the journal alone, which says what images stay: the engine may be away. */
function canGoBackTo(store: Store, app: AppRow, release: ReleaseRow): boolean {
  if (store.rollouts.byRelease(release.id)?.state !== 'live') return false;
  const live = app.live_release_id === null ? undefined : store.releases.byId(app.live_release_id);
  if (live && runsTheSame(store, app, live, release)) return false;
  return keptReleasesOf(store, app.id).some(({ id }) => id === release.id);
}

function verdict(store: Store, release: ReleaseRow): z.infer<typeof ReleaseDetail>['verdict'] {
  const rollout = store.rollouts.byRelease(release.id);
  const line =
    rollout && rolloutHasEnded(rollout.state) ? decisiveLine(store.rollouts.events(rollout.id)) : undefined;
  return line && { text: inThePast(line.text), at: iso(line.at) };
}
