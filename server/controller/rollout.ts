import { Refusal, type Reason } from '../../core/reason.ts';
import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { ProcessSpec, ReleaseSpec, Replica } from '../../engines/port.ts';
import { missingConfig, releaseSpec } from '../release-spec.ts';
import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { ControllerDeps } from './deps.ts';
import { releasePhase } from './release-phase.ts';
import { Patience } from './patience.ts';
import { isComplete, readiness, whyWaiting } from './replicas.ts';
import { routeOf } from './routes.ts';
import { isTemporary } from './temporary.ts';

/** Beyond its own health limit, for what the engine does not end by itself: a release that was well once and is ill now. */
const MARGIN_MS = 60_000;
const waits = new Patience();

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
    const started =
      rollout.state === 'promoting' || (await start(deps, app, rollout, release, spec, replicas));
    if (started) await promote(deps, app, rollout, release, spec, replicas);
  } catch (error) {
    waits.forget(rollout.id);
    if (!(error instanceof Refusal) || isTemporary(error)) throw error;
    await fail(deps, app, rollout, error.reason);
  }
}

/** Release phase, then `web` until it is healthy; without `web`, all processes. @returns true when traffic may move */
async function start(
  deps: ControllerDeps,
  app: AppRow,
  rollout: RolloutRow,
  release: ReleaseRow,
  spec: ReleaseSpec,
  replicas: () => Promise<Replica[]>,
): Promise<boolean> {
  const missing = missingConfig(spec, release);
  if (missing) return fail(deps, app, rollout, missing);
  if (release.manifest.releaseCommand !== undefined) {
    const phase = await releasePhase(deps, rollout, spec, release.manifest.releaseCommand);
    if (phase.state === 'failed') return fail(deps, app, rollout, phase.reason);
    if (phase.state === 'running') return false;
  }
  const web = spec.processes.filter((process) => process.type === 'web');
  const first = web.length > 0 ? web : spec.processes;
  await deps.progress.step(rollout, `Release v${release.number}: starting ${counted(first)}`);
  if (!(await ready(deps, app, rollout, { ...spec, processes: first }, replicas))) return false;
  waits.forget(rollout.id);
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
  const seen = await ready(deps, app, rollout, spec, replicas);
  if (!seen) return;
  await deps.routes.apply(routeOf(deps.store, deps.settings, app, release.id, seen));
  // Before the journal says live, so that whoever is told so finds the branch moved; a crash in between repeats it.
  await moveBranch(deps, app, release);
  finish(deps, app, rollout, release);
  await deps.progress.step(rollout, `Release v${release.number} is live`);
  forget(deps, rollout);
  deps.changes.notify(app.id);
}

/** The replicas once all that the spec wants are ready; ends the rollout when they cannot be any more. */
async function ready(
  deps: ControllerDeps,
  app: AppRow,
  rollout: RolloutRow,
  spec: ReleaseSpec,
  replicas: () => Promise<Replica[]>,
): Promise<Replica[] | undefined> {
  const seen = await ensured(deps, spec, replicas);
  const found = readiness(spec, spec.processes, seen);
  if (found.state === 'ready') return seen;
  if (found.state === 'failed') await fail(deps, app, rollout, found.reason);
  else if (waits.isOver(rollout.id, spec.health.timeoutSeconds * 1_000 + MARGIN_MS)) {
    await fail(deps, app, rollout, whyWaiting(spec, seen));
  }
  return undefined;
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

async function fail(deps: ControllerDeps, app: AppRow, rollout: RolloutRow, why: Reason): Promise<false> {
  const promoting = deps.store.rollouts.require(rollout.id).state === 'promoting';
  deps.store.rollouts.move(rollout.id, promoting ? 'roll-back' : 'fail', { reason: why, weight: 0 });
  forget(deps, rollout);
  deps.changes.notify(rollout.app_id);
  // A promotion that broke off after its branch had moved.
  if (promoting) await alignBranch(deps, app);
  return false;
}

function forget(deps: ControllerDeps, rollout: RolloutRow): void {
  deps.progress.forget(rollout);
  waits.forget(rollout.id);
}

function counted(processes: readonly ProcessSpec[]): string {
  return processes.map((process) => `${process.replicas} ${process.type}`).join(', ');
}
