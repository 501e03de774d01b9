import type { Rollout, RolloutDetail } from '../../../core/contracts/resources.ts';
import { rolloutHasEnded } from '../../../core/rollout.ts';
import { nameOf } from '../../access/principal.ts';
import { canaryStep, evidenceSoFar, weightPercent } from '../../canary-facts.ts';
import type { AppRow } from '../../store/apps.ts';
import type { ReleaseRow } from '../../store/releases.ts';
import type { RolloutRow } from '../../store/rollouts.ts';
import type { Store } from '../../store/store.ts';
import { iso, optional, optionalTime } from './time.ts';

export function presentRollout(store: Store, app: AppRow, release: ReleaseRow, rollout: RolloutRow): Rollout {
  const { plan, paused_by: pausedBy } = rollout;
  const waits = rollout.state === 'starting' || rollout.state === 'canary';
  return {
    release: release.number,
    state: rollout.state,
    source: release.source,
    description: release.description,
    person: nameOf(store.people, release.person_id),
    ...optional('commit', release.commit_id),
    ...optional('previous', numberOf(store, rollout.previous_release_id)),
    weight: weightPercent(rollout.weight),
    ...optional('step', canaryStep(rollout, release)),
    ...optional('policy', plan.canary === false ? undefined : plan.canary),
    ...optional('paused', waits && pausedBy !== null ? { by: nameOf(store.people, pausedBy) } : undefined),
    ...optional('held', waits ? rollout.held : undefined),
    ...optional('evidence', evidenceSoFar(rollout, release)),
    ...optional('reason', rollout.reason),
    ...optional('supersededBy', rollout.superseded_by),
    ...optional('live', numberOf(store, app.live_release_id)),
    ...optional('undo', undo(store, app, release, rollout)),
    createdAt: iso(rollout.created_at),
    ...optionalTime('finishedAt', rollout.finished_at),
  };
}

export function presentRolloutDetail(
  store: Store,
  app: AppRow,
  release: ReleaseRow,
  rollout: RolloutRow,
): RolloutDetail {
  return {
    ...presentRollout(store, app, release, rollout),
    events: store.rollouts.events(rollout.id).map(({ at, kind, text, evidence: numbers }) => ({
      at: iso(at),
      kind,
      text,
      ...optional('evidence', numbers),
    })),
  };
}

/** Undefined once there is nothing to undo: it changed nothing, or something newer is live. */
function undo(store: Store, app: AppRow, release: ReleaseRow, { state }: RolloutRow): string | undefined {
  if (rolloutHasEnded(state) && app.live_release_id !== release.id) return undefined;
  if (state === 'starting' || state === 'canary')
    return `sluice rollouts:abort v${release.number} -a ${app.name}`;
  const before = store.releases.thatWereLive(app.id, 2).find(({ number }) => number < release.number);
  return before && `sluice rollback v${before.number} -a ${app.name}`;
}

function numberOf(store: Store, releaseId: string | null): number | undefined {
  return releaseId === null ? undefined : store.releases.byId(releaseId)?.number;
}
