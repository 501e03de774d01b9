import { Refusal, type Reason } from '../../core/reason.ts';
import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { ProcessSpec, ReleaseSpec, Replica } from '../../engines/port.ts';
import { missingConfig, releaseSpec } from '../release-spec.ts';
import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { ControllerDeps } from './deps.ts';
import { releasePhase } from './release-phase.ts';
import { isComplete, readiness } from './replicas.ts';
import { routeOf } from './routes.ts';

/**
 * Takes one rollout as far as it can go now. Called again whenever something changed; each step may be repeated after a
 * crash and then does nothing twice.
 */
export async function advance(
  deps: ControllerDeps,
  app: AppRow,
  rollout: RolloutRow,
  replicas: () => Promise<Replica[]>,
): Promise<void> {
  const release = deps.store.releases.require(rollout.release_id);
  const spec = releaseSpec(deps.store, deps.settings.domain, app, release);
  try {
    const started = rollout.state === 'promoting' || (await start(deps, rollout, release, spec, replicas));
    if (started) await promote(deps, app, rollout, release, spec, replicas);
  } catch (error) {
    // An engine that is away says nothing about the release: this look is tried again.
    if (!(error instanceof Refusal) || error.reason.code === 'engine_unreachable') throw error;
    fail(deps, rollout, error.reason);
  }
}

/** Release phase, then `web` until it is healthy; without `web`, all processes. @returns true when traffic may move */
async function start(
  deps: ControllerDeps,
  rollout: RolloutRow,
  release: ReleaseRow,
  spec: ReleaseSpec,
  replicas: () => Promise<Replica[]>,
): Promise<boolean> {
  const missing = missingConfig(spec, release);
  if (missing) return fail(deps, rollout, missing);
  if (release.manifest.releaseCommand !== undefined) {
    const phase = await releasePhase(deps, rollout, spec, release.manifest.releaseCommand);
    if (phase.state === 'failed') return fail(deps, rollout, phase.reason);
    if (phase.state === 'running') return false;
  }
  const web = spec.processes.filter((process) => process.type === 'web');
  const first = web.length > 0 ? web : spec.processes;
  await deps.progress.step(rollout, `Release v${release.number}: starting ${counted(first)}`);
  const ready = readiness(spec, first, await ensured(deps, { ...spec, processes: first }, replicas));
  if (ready.state === 'failed') return fail(deps, rollout, ready.reason);
  if (ready.state === 'waiting') return false;
  return deps.store.rollouts.move(rollout.id, 'promote');
}

async function promote(
  deps: ControllerDeps,
  app: AppRow,
  rollout: RolloutRow,
  release: ReleaseRow,
  spec: ReleaseSpec,
  replicas: () => Promise<Replica[]>,
): Promise<void> {
  const others = spec.processes.filter((process) => process.type !== 'web' && process.replicas > 0);
  if (others.length > 0) await deps.progress.step(rollout, `Starting ${counted(others)}`);
  const seen = await ensured(deps, spec, replicas);
  const ready = readiness(spec, spec.processes, seen);
  if (ready.state === 'failed') {
    deps.store.rollouts.move(rollout.id, 'roll-back', { reason: ready.reason, weight: 0 });
    deps.changes.notify(app.id);
  }
  if (ready.state !== 'ready') return;
  await deps.routes.apply(routeOf(deps.store, deps.settings, app, release.id, seen));
  // Before the journal says live, so that whoever is told so finds the branch moved; a crash in between repeats it.
  await moveBranch(deps, app, release);
  finish(deps, app, rollout, release);
  await deps.progress.step(rollout, `Release v${release.number} is live`);
  deps.progress.forget(rollout);
  deps.changes.notify(app.id);
}

/** The engine is only asked to act when something is missing: looks are many, changes few. */
async function ensured(
  deps: ControllerDeps,
  spec: ReleaseSpec,
  replicas: () => Promise<Replica[]>,
): Promise<Replica[]> {
  const seen = await replicas();
  if (isComplete(spec, seen)) return seen;
  await deps.workloads.ensure(spec);
  return replicas();
}

function finish(deps: ControllerDeps, app: AppRow, rollout: RolloutRow, release: ReleaseRow): void {
  const { store } = deps;
  store.transaction(() => {
    if (!store.rollouts.move(rollout.id, 'finish', { weight: FULL_WEIGHT })) return;
    const old = store.apps.require(app.id).live_release_id;
    store.apps.setLive(app.id, release.id);
    if (old !== null && old !== release.id) {
      store.rollouts.retire(old, app.id, store.releases.require(old).manifest.web.graceSeconds);
    }
  });
}

/** The platform's branch is the commit that is live; a release without a commit leaves it where it is. */
export async function alignBranch(deps: ControllerDeps, app: AppRow): Promise<void> {
  const live = app.live_release_id === null ? undefined : deps.store.releases.byId(app.live_release_id);
  if (live) await moveBranch(deps, app, live);
}

async function moveBranch(deps: ControllerDeps, app: AppRow, release: ReleaseRow): Promise<void> {
  if (release.commit_id === null) return;
  if ((await deps.repositories.branch(app.id, app.deploy_branch)) === release.commit_id) return;
  await deps.repositories.moveBranch(app.id, app.deploy_branch, release.commit_id);
}

function fail(deps: ControllerDeps, rollout: RolloutRow, why: Reason): false {
  deps.store.rollouts.move(rollout.id, rollout.state === 'promoting' ? 'roll-back' : 'fail', {
    reason: why,
    weight: 0,
  });
  deps.progress.forget(rollout);
  deps.changes.notify(rollout.app_id);
  return false;
}

function counted(processes: readonly ProcessSpec[]): string {
  return processes.map((process) => `${process.replicas} ${process.type}`).join(', ');
}
