import type { Build } from '../../../core/contracts/resources.ts';
import { nameOf } from '../../access/principal.ts';
import type { BuildRow } from '../../store/builds.ts';
import type { Store } from '../../store/store.ts';
import { iso, optional, optionalTime } from './time.ts';

export function presentBuild(store: Store, build: BuildRow): Build {
  return {
    id: build.id,
    number: build.number,
    commit: build.commit_id,
    branch: build.branch,
    source: build.source,
    state: build.state,
    attempt: build.attempt,
    person: nameOf(store.people, build.person_id),
    ...optional('reason', build.reason),
    ...optional('note', build.options.reason),
    ...optional('supersededBy', build.superseded_by),
    ...optional('release', store.releases.carrying(build.id)?.number),
    createdAt: iso(build.created_at),
    ...optionalTime('startedAt', build.started_at),
    ...optionalTime('finishedAt', build.finished_at),
  };
}
