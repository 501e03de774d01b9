import { type Reason, reason } from '../../core/reason.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import type { RolloutRow } from '../store/rollouts.ts';
import type { ControllerDeps } from './deps.ts';

export type PhaseResult =
  | { readonly state: 'done' }
  | { readonly state: 'running' }
  | { readonly state: 'failed'; readonly reason: Reason };

/** Release phases that this server process has started and still follows. */
const running = new Set<string>();

/**
 * Runs the Procfile's `release:` command at most once. Its start is journalled first; when a crash hides how it ended,
 * the rollout fails rather than migrate a database twice.
 */
export async function releasePhase(
  deps: ControllerDeps,
  rollout: RolloutRow,
  spec: ReleaseSpec,
  command: string,
): Promise<PhaseResult> {
  if (!rollout.plan.releasePhase || rollout.phase_ended === 1) return { state: 'done' };
  if (running.has(rollout.id)) return { state: 'running' };
  const key = `release-${rollout.id}`;
  if (!deps.store.rollouts.startPhase(rollout.id)) return afterCrash(deps, rollout, spec, key);
  await deps.progress.step(rollout, `Release phase: ${command}`);
  await deps.progress.detail(
    rollout,
    'what it changes stays changed after a rollback; the live release shares it from now on',
  );
  running.add(rollout.id);
  void follow(deps, rollout, spec, key, command).finally(() => {
    running.delete(rollout.id);
    deps.changes.notify(rollout.app_id);
  });
  return { state: 'running' };
}

async function follow(
  deps: ControllerDeps,
  rollout: RolloutRow,
  spec: ReleaseSpec,
  key: string,
  command: string,
): Promise<void> {
  try {
    const oneOff = await deps.workloads.run(spec, { key, command, tty: false });
    oneOff.stream.end();
    const streams = [oneOff.stream, ...(oneOff.stderr ? [oneOff.stderr] : [])];
    await Promise.all(
      streams.map(async (stream) => {
        for await (const chunk of stream) await deps.progress.output(rollout, indented(chunk as Buffer));
      }),
    );
    settle(deps, rollout, (await oneOff.exit).code);
  } catch (error) {
    deps.log.error({ err: error, rollout: rollout.id }, 'release phase');
    deps.store.rollouts.move(rollout.id, 'fail', { reason: unknownEnd() });
  }
}

async function afterCrash(
  deps: ControllerDeps,
  rollout: RolloutRow,
  spec: ReleaseSpec,
  key: string,
): Promise<PhaseResult> {
  const found = await deps.workloads.findOneOff(spec.app.id, key);
  if (found?.state === 'running') return { state: 'running' };
  if (found?.state === 'exited') {
    settle(deps, rollout, found.code);
    return found.code === 0 ? { state: 'done' } : { state: 'failed', reason: failed(found.code) };
  }
  return { state: 'failed', reason: unknownEnd() };
}

function settle(deps: ControllerDeps, rollout: RolloutRow, code: number): void {
  if (code === 0) deps.store.rollouts.endPhase(rollout.id);
  else deps.store.rollouts.move(rollout.id, 'fail', { reason: failed(code) });
}

function failed(code: number): Reason {
  return reason(
    'release_phase_failed',
    `the release command ended with exit code ${code}`,
    'mend it and push again; nothing else of this release has started',
  );
}

function unknownEnd(): Reason {
  return reason(
    'release_phase_unknown',
    'the release command was started, and the platform was interrupted before it saw the end',
    'check what it changes (a migration, for example), then push again or `sluice builds:create`',
  );
}

function indented(chunk: Buffer): Buffer {
  return Buffer.from(chunk.toString('utf8').replace(/^(?=.)/gm, '       '));
}
