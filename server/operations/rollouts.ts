import { type Reason, reason, Refusal } from '../../core/reason.ts';
import { buildAgain } from '../again.ts';
import { nameOf } from '../access/principal.ts';
import { canaryStep, evidenceSoFar } from '../canary-facts.ts';
import { keptConfigText } from '../kept-config.ts';
import type { AppRow } from '../store/apps.ts';
import type { PersonRow } from '../store/people.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow, Rollouts } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { OperationDeps } from './deps.ts';
import { requireApp } from './require-app.ts';
import { refusalOf, type Standing, type Steering, storyLine } from './steering.ts';

type Deps = Pick<OperationDeps, 'store' | 'lock' | 'changes' | 'buildLogs'>;

/** Pauses, resumes, promotes or ends a rollout; the controller does what follows from it. */
export async function steerRollout(
  deps: Deps,
  person: PersonRow,
  appId: string,
  number: number,
  steering: Steering,
): Promise<RolloutRow> {
  return deps.lock.run(appId, async () => {
    const { store, changes, buildLogs } = deps;
    store.makeRoom();
    const { rollout, line } = store.transaction(() => {
      const app = requireApp(store, appId);
      const { release, rollout: found } = requireRollout(store, app, number);
      const standing = standingOf(store, app, release, found);
      const refusal = refusalOf(steering, standing);
      if (refusal) throw refusal;
      const told = storyLine(steering, person.name, standing);
      const why = reason('aborted', told.text, startAgain(store, app, release));
      if (!steer(store.rollouts, found, steering, person, why)) throw movedOn(standing);
      // The end of a rollout tells itself.
      if (steering !== 'abort') {
        store.rollouts.say(found.id, told.kind, told.text, evidenceSoFar(found, release)?.rollout);
      }
      store.events.record(`rollout.${steering}`, person.id, app.id, { release: number });
      return { rollout: store.rollouts.require(found.id), line: told };
    });
    changes.notify(appId);
    // Who pushed it sees it, too; the end of a rollout is told by the verdict.
    if (rollout.build_id !== null && steering !== 'abort') {
      const prefix = line.kind === 'promoting' ? '-----> ' : '       ';
      await buildLogs.append(rollout.build_id, `${prefix}${line.text}\n`);
    }
    return rollout;
  });
}

/** @throws Refusal 404 */
export function requireRollout(
  store: Store,
  app: AppRow,
  number: number,
): { release: ReleaseRow; rollout: RolloutRow } {
  const release = store.releases.byNumber(app.id, number);
  const rollout = release && store.rollouts.byRelease(release.id);
  if (release && rollout) return { release, rollout };
  throw new Refusal(
    404,
    'rollout_not_found',
    `${app.name} has no rollout of a release v${number}`,
    `type \`sluice rollouts -a ${app.name}\` for those that it has`,
  );
}

function standingOf(store: Store, app: AppRow, release: ReleaseRow, rollout: RolloutRow): Standing {
  const live = app.live_release_id === null ? undefined : store.releases.byId(app.live_release_id);
  return {
    app: app.name,
    release: release.number,
    state: rollout.state,
    canary: rollout.plan.canary !== false,
    step: canaryStep(rollout, release),
    pausedBy: rollout.paused_by === null ? undefined : nameOf(store.people, rollout.paused_by),
    held: rollout.held !== null,
    waits: rollout.plan.canary === false ? undefined : rollout.plan.canary,
    commit: release.source === 'rollback' ? undefined : (release.commit_id ?? undefined),
    live: live?.number,
  };
}

/** @returns false when the journal says that it does not apply any more */
function steer(
  rollouts: Rollouts,
  { id, state }: RolloutRow,
  steering: Steering,
  person: PersonRow,
  whyAborted: Reason,
): boolean {
  switch (steering) {
    case 'pause':
      return rollouts.pause(id, person.id);
    case 'resume':
      return rollouts.resume(id);
    case 'promote':
      rollouts.resume(id);
      return state === 'starting' ? rollouts.skipCanary(id) : rollouts.move(id, 'promote');
    case 'abort':
      return rollouts.move(id, 'cancel', { weight: 0, reason: whyAborted });
  }
}

/** What makes a release like this one again. */
function startAgain(store: Store, app: AppRow, release: ReleaseRow): string {
  switch (release.source) {
    case 'build':
      return buildAgain(app, release.commit_id as string);
    case 'config':
      return keptConfigText(store, app, release) ?? `to change it again: sluice config:set -a ${app.name}`;
    case 'rollback':
      return `to start it again: sluice rollback v${release.rollback_of} -a ${app.name}`;
    case 'image':
      return `sluice releases -a ${app.name}`;
  }
}

function movedOn({ app, release }: Standing): Refusal {
  return new Refusal(
    409,
    'rollout_moved_on',
    `the rollout of v${release} has just moved on`,
    `look again: sluice rollouts:show v${release} -a ${app}`,
  );
}
