import { OutputLines } from '../../core/output-lines.ts';
import { oneLine } from '../../core/printable.ts';
import { relevantLines } from '../../core/failure/relevant-lines.ts';
import { type Reason, reason, Refusal } from '../../core/reason.ts';
import { NotBegun, type ReleaseSpec } from '../../engines/port.ts';
import { buildAgain } from '../again.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { Store } from '../store/store.ts';
import type { ControllerDeps } from './deps.ts';
import {
  adoptPhases,
  beginPhase,
  endPhase,
  phaseKey,
  phasesOf,
  type RunningPhase,
} from './running-phases.ts';
import { toldOnce } from './story.ts';
import { takeBack } from './take-back.ts';
import { isTemporary } from './temporary.ts';

export type PhaseResult =
  | { readonly state: 'done' }
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly reason: Reason };

const STAYS = 'what it changes stays changed after a rollback; the live release shares it from now on';

/** A migration that takes longer is taken for hung, in milliseconds (monotonic). */
const LIMIT_MS = 3_600_000;
/** Characters of its last output that are looked through for the lines that tell why it failed. */
const KEPT_OUTPUT = 8_192;
const MOST_LINES = 12;

/**
 * Runs the Procfile's `release:` command at most once. That it begins is journalled right before it does; when a crash
 * hides how it ended, the rollout fails rather than migrate a database twice.
 */
export async function releasePhase(
  deps: ControllerDeps,
  rollout: RolloutRow,
  spec: ReleaseSpec,
  command: string,
): Promise<PhaseResult> {
  if (!rollout.plan.releasePhase || rollout.phase_ended === 1) return { state: 'done' };
  // Also one of a superseded release: two migrations side by side would spoil each other.
  if (phasesRun(deps.store, rollout.app_id)) return { state: 'running' };
  const left = await leftBehind(deps, rollout, spec);
  if (left !== undefined) return left;
  await toldOnce(deps, rollout, { kind: 'starting', text: `Release phase: ${oneLine(command)}` });
  await toldOnce(deps, rollout, { kind: 'note', text: STAYS });
  const phase = beginPhase(deps.store, rollout);
  void follow(deps, rollout, spec, { command, phase })
    .catch((error: unknown) => deps.log.error({ err: error, rollout: rollout.id }, 'release phase'))
    .finally(() => {
      if (phase.followed) endPhase(deps.store, phase);
      deps.changes.notify(rollout.app_id);
    });
  return { state: 'running' };
}

/**
 * Ends the release commands of an app that were cancelled, or whose time is over. One that was superseded goes on: a
 * push that comes in the middle must not tear a migration.
 */
export async function stopPhases(deps: ControllerDeps, appId: string): Promise<void> {
  const { store } = deps;
  await adoptPhases(deps, appId);
  for (const phase of phasesOf(store, appId)) {
    const state = store.rollouts.byId(phase.rolloutId)?.state;
    if (performance.now() - phase.since >= LIMIT_MS) phase.stopped ??= 'timeout';
    else if (state !== 'starting' && state !== 'superseded') phase.stopped ??= 'unwanted';
    if (!phase.followed) await lookAfter(deps, phase);
    else if (phase.stopped) await phase.oneOff?.kill();
  }
}

/** Whether release commands of an app still run, wanted or not. */
export function phasesRun(store: Store, appId: string): boolean {
  return phasesOf(store, appId).length > 0;
}

/** Nobody reads the output of this one, so it is asked how it stands. */
async function lookAfter(deps: ControllerDeps, phase: RunningPhase): Promise<void> {
  const { appId, rolloutId, stopped } = phase;
  if (stopped) await deps.workloads.endOneOff(appId, phaseKey(rolloutId));
  const found = await deps.workloads.findOneOff(appId, phaseKey(rolloutId));
  if (found?.state === 'running') return;
  endPhase(deps.store, phase);
  if (stopped === 'timeout') await failWith(deps, rolloutId, timedOut());
}

async function follow(
  deps: ControllerDeps,
  rollout: RolloutRow,
  spec: ReleaseSpec,
  { command, phase }: { command: string; phase: RunningPhase },
): Promise<void> {
  try {
    const oneOff = await deps.workloads.run(spec, {
      key: phaseKey(rollout.id),
      command,
      tty: false,
      begins: () => {
        if (!deps.store.rollouts.startPhase(rollout.id)) throw new Error('its rollout has ended');
      },
    });
    phase.oneOff = oneOff;
    if (phase.stopped) await oneOff.kill();
    oneOff.stream.end();
    let wrote = '';
    const streams = [oneOff.stream, ...(oneOff.stderr ? [oneOff.stderr] : [])];
    await Promise.all(
      streams.map(async (stream) => {
        const redacted = deps.store.redactors.of(rollout.app_id).stream();
        const lines = new OutputLines();
        const tell = async (text: string): Promise<void> => {
          if (text !== '' && !phase.stopped) await deps.progress.output(rollout, Buffer.from(text));
        };
        for await (const chunk of stream) {
          const shown = redacted.push(chunk as Buffer);
          wrote = (wrote + shown.toString('utf8')).slice(-KEPT_OUTPUT);
          await tell(lines.push(shown));
        }
        const rest = redacted.end();
        wrote = (wrote + rest.toString('utf8')).slice(-KEPT_OUTPUT);
        await tell(lines.push(rest) + lines.end());
      }),
    );
    const { code } = await oneOff.exit;
    if (phase.stopped === 'timeout') await failWith(deps, rollout.id, timedOut());
    else if (code === 0) endedWell(deps, rollout);
    else await failWith(deps, rollout.id, failed(code, relevantLines(wrote, MOST_LINES)));
  } catch (error) {
    if (error instanceof NotBegun) {
      deps.log.warn({ err: error, rollout: rollout.id }, 'a release phase did not begin');
      return await failWith(deps, rollout.id, error.reason);
    }
    const refused = error instanceof Refusal && !isTemporary(error) && error.reason.code !== 'one_off_exists';
    if (refused) return await failWith(deps, rollout.id, error.reason);
    // It may run on without us: the next look asks the engine how it stands.
    phase.followed = false;
    deps.log.warn({ err: error, rollout: rollout.id }, 'lost sight of a release phase');
  }
}

/** What a server that died may have left of the command; undefined when it has not begun. */
async function leftBehind(
  deps: ControllerDeps,
  rollout: RolloutRow,
  spec: ReleaseSpec,
): Promise<PhaseResult | undefined> {
  const found = await deps.workloads.findOneOff(spec.app.id, phaseKey(rollout.id));
  if (found?.state === 'running') return { state: 'running' };
  if (found?.state === 'exited') {
    if (found.code !== 0) return { state: 'failed', reason: failed(found.code) };
    endedWell(deps, rollout);
    return { state: 'done' };
  }
  if (found?.state === 'unbegun' || deps.store.rollouts.byId(rollout.id)?.phase_started !== 1)
    return undefined;
  const commit = deps.store.releases.byId(rollout.release_id)?.commit_id;
  return { state: 'failed', reason: unknownEnd(commit ? buildAgain(spec.app, commit) : 'do it again') };
}

function endedWell({ store }: ControllerDeps, rollout: RolloutRow): void {
  store.transaction(() => {
    store.rollouts.endPhase(rollout.id);
    if (store.rollouts.isOpen(rollout.id))
      store.rollouts.say(rollout.id, 'note', 'the release command ended well');
  });
}

/** The row is gone when its app was destroyed meanwhile. */
async function failWith(deps: ControllerDeps, rolloutId: string, why: Reason): Promise<void> {
  const rollout = deps.store.rollouts.byId(rolloutId);
  const app = rollout && deps.store.apps.byId(rollout.app_id);
  if (app) await takeBack(deps, app, rollout, { reason: why });
}

function failed(code: number, lines: readonly string[] = []): Reason {
  return reason(
    'release_phase_failed',
    `the release command ended with exit code ${code}`,
    'mend it and push again; nothing else of this release has started',
    lines,
  );
}

function timedOut(): Reason {
  return reason(
    'release_phase_timeout',
    `the release command did not end within ${LIMIT_MS / 60_000} minutes and was ended`,
    'run what takes longer by hand: `sluice run`; check what it has changed, then push again',
  );
}

function unknownEnd(again: string): Reason {
  return reason(
    'release_phase_unknown',
    'the release command was started, and the platform was interrupted before it saw the end',
    `check what it changes (a migration, for example), then ${again}`,
  );
}
