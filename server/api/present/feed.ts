import { FULL_WEIGHT, rolloutHasEnded } from '../../../core/rollout.ts';
import { buildHasEnded } from '../../../core/build.ts';
import type { FeedEvent } from '../../../core/contracts/resources.ts';
import type { AppRow } from '../../store/apps.ts';
import type { FeedRow } from '../../store/feed.ts';
import type { Store } from '../../store/store.ts';
import { iso, optional } from './time.ts';

/**
 * What happened, for showing. What can change is as it was then; why something ended is looked up, as it does not.
 * @returns undefined when what it is about has gone
 */
export function presentFeed(store: Store, app: AppRow, row: FeedRow): FeedEvent | undefined {
  const happened = { id: row.seq, at: iso(row.at), app: app.name };
  if (row.kind === 'build') {
    const build = store.builds.byNumber(app.id, row.data.build);
    if (!build) return undefined;
    const why = buildHasEnded(row.data.state)
      ? { ...optional('reason', build.reason), ...optional('supersededBy', build.superseded_by) }
      : {};
    return { ...happened, kind: 'build', ...row.data, commit: build.commit_id, ...why };
  }
  if (row.kind === 'app') {
    const { name, maintenance } = row.data;
    return { ...happened, kind: 'app', name, maintenance: maintenance === 1 };
  }
  if (row.kind === 'story') {
    const { release, about, text } = row.data;
    return { ...happened, kind: 'story', release, about, text };
  }
  const release = store.releases.byNumber(app.id, row.data.release);
  if (!release) return undefined;
  if (row.kind === 'release') {
    const { number, source, description } = release;
    const build = release.build_id === null ? undefined : store.builds.byId(release.build_id)?.number;
    return {
      ...happened,
      kind: 'release',
      release: number,
      source,
      description,
      ...optional('build', build),
    };
  }
  const { state, weight, step, paused, held } = row.data;
  const rollout = rolloutHasEnded(state) ? store.rollouts.byRelease(release.id) : undefined;
  return {
    ...happened,
    kind: 'rollout',
    release: release.number,
    state,
    weight: (weight / FULL_WEIGHT) * 100,
    step,
    paused: paused === 1,
    held: held === 1,
    ...optional('reason', rollout?.reason),
    ...optional('supersededBy', rollout?.superseded_by),
  };
}
