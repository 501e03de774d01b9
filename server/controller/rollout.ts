import { Refusal } from '../../core/reason.ts';
import { FULL_WEIGHT } from '../../core/rollout.ts';
import type { ProcessSpec, Replica } from '../../engines/port.ts';
import { takenAlongText } from '../kept-config.ts';
import { missingConfig, releaseSpec } from '../release-spec.ts';
import type { AppRow } from '../store/apps.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import { alignBranch, moveBranch } from './branch.ts';
import { begin, stillGood, walk } from './canary.ts';
import { capacity, counted, waits } from './capacity.ts';
import type { ControllerDeps } from './deps.ts';
import type { Failure } from './failure.ts';
import { firstMove } from './first-move.ts';
import { goesOn } from './goes-on.ts';
import { keepSecondsOf } from './keep.ts';
import { releasePhase } from './release-phase.ts';
import type { Rolling } from './rolling.ts';
import { routeOf } from './route-of.ts';
import { journalled, toldOnce } from './story.ts';
import { takeBack } from './take-back.ts';
import { isTemporary } from './temporary.ts';

/**
 * Takes one rollout as far as it can go now. Called again whenever something changed; each step may be repeated after a
 * crash and then does nothing twice.
 */
export async function advance(deps: ControllerDeps, app: AppRow, rollout: RolloutRow): Promise<void> {
  const release = deps.store.releases.require(rollout.release_id);
  const spec = releaseSpec(deps.store, deps.settings.domain, app, release);
  const rolling = { app, rollout, release, spec };
  try {
    const why = await look(deps, rolling);
    if (why) await takeBack(deps, app, rollout, why);
  } catch (error) {
    waits.forget(rollout.id);
    if (!(error instanceof Refusal) || isTemporary(error)) throw error;
    await takeBack(deps, app, rollout, { reason: error.reason });
  }
}

/** @returns why it must be taken back */
async function look(deps: ControllerDeps, rolling: Rolling): Promise<Failure | undefined> {
  const { state } = rolling.rollout;
  if (state === 'starting') {
    const why = await start(deps, rolling);
    if (why) return why;
  }
  if (state === 'canary') {
    const why = await walk(deps, rolling);
    if (why) return why;
  }
  const rollout = deps.store.rollouts.byId(rolling.rollout.id);
  return rollout?.state === 'promoting' ? promote(deps, { ...rolling, rollout }) : undefined;
}

/** Release phase, then what must be healthy before traffic comes. */
async function start(deps: ControllerDeps, rolling: Rolling): Promise<Failure | undefined> {
  const { app, rollout, release, spec } = rolling;
  const missing = missingConfig(spec, release);
  if (missing) return { reason: missing };
  if (release.manifest.releaseCommand !== undefined) {
    const phase = await releasePhase(deps, rollout, spec, release.manifest.releaseCommand);
    if (phase.state === 'failed') return { reason: phase.reason };
    if (phase.state === 'running') return undefined;
  }
  const move = firstMove(rolling, app.live_release_id, await deps.workloads.observe(app.id));
  const text = `Release v${release.number}: ${startingText(move.processes)}`;
  await toldOnce(deps, rollout, { kind: 'starting', text });
  const along = takenAlongText(deps.store, app, release);
  if (along !== undefined) await toldOnce(deps, rollout, { kind: 'note', text: along });
  const found = await capacity(deps, rollout.id, spec, move.processes);
  if (found.state === 'failed') return found;
  if (found.state === 'waiting' || rollout.paused_by !== null) return undefined;
  if (move.to === 'canary') {
    await begin(deps, rolling, move);
    return undefined;
  }
  if (move.why !== undefined) await toldOnce(deps, rollout, { kind: 'note', text: move.why });
  if (goesOn(deps, rollout)) deps.store.rollouts.move(rollout.id, 'promote');
  return undefined;
}

function startingText(processes: readonly ProcessSpec[]): string {
  const started = counted(processes);
  if (started !== '') return `starting ${started}`;
  const types = processes.map(({ type }) => type).join(', ');
  return `nothing to start, as ${types} ${processes.length === 1 ? 'is' : 'are'} scaled to 0`;
}

async function promote(deps: ControllerDeps, rolling: Rolling): Promise<Failure | undefined> {
  const { app, rollout, spec } = rolling;
  const worse = await stillGood(deps, rolling);
  if (worse) return worse;
  const others = spec.processes.filter((process) => process.type !== 'web' && process.replicas > 0);
  if (others.length > 0)
    await toldOnce(deps, rollout, { kind: 'starting', text: `Starting ${counted(others)}` });
  const found = await capacity(deps, rollout.id, spec, spec.processes);
  if (found.state === 'failed') return found;
  // The engine takes a while to answer, and something newer may have come meanwhile.
  if (found.state === 'waiting' || !promotes(deps, rollout)) return undefined;
  await giveAllTraffic(deps, rolling, found.replicas);
  // What a person decides comes before or after this, never in the middle.
  await deps.lock.run(app.id, () => goLive(deps, rolling));
  deps.canaries.keepOnly(app.id);
  waits.forget(rollout.id);
  return undefined;
}

async function goLive(deps: ControllerDeps, rolling: Rolling): Promise<void> {
  const { app, rollout, release } = rolling;
  if (!promotes(deps, rollout)) return;
  // Before the journal says live, so that whoever is told so finds the branch moved; a crash in between repeats it.
  await moveBranch(deps, app, release);
  const line = { kind: 'live', text: `Release v${release.number} is live` } as const;
  if (await journalled(deps, rollout, () => finish(deps, rolling), line)) return;
  // A newer build ended at this moment, and its release took over.
  const now = deps.store.apps.byId(app.id);
  if (now) await alignBranch(deps, now);
}

function promotes({ store }: ControllerDeps, { id }: RolloutRow): boolean {
  return store.rollouts.byId(id)?.state === 'promoting';
}

async function giveAllTraffic(
  deps: ControllerDeps,
  { app, release }: Rolling,
  replicas: readonly Replica[],
): Promise<void> {
  await deps.routes.apply(routeOf(deps.store, deps.settings, app, { stable: release.id }, replicas));
}

function finish({ store }: ControllerDeps, { app, rollout, release }: Rolling): boolean {
  if (!store.rollouts.move(rollout.id, 'finish', { weight: FULL_WEIGHT })) return false;
  const old = store.apps.require(app.id).live_release_id;
  store.apps.setLive(app.id, release.id);
  store.rollouts.setPrevious(app.id, release.id);
  if (old !== null && old !== release.id) {
    const { graceSeconds } = store.releases.require(old).manifest.web;
    store.rollouts.retire(old, app.id, graceSeconds, keepSecondsOf(release) * 1_000);
  }
  return true;
}
