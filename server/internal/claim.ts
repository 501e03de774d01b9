import { setTimeout as after } from 'node:timers/promises';
import { buildHasEnded } from '../../core/build.ts';
import type { Claim, ClaimedTask } from '../../core/contracts/internal.ts';
import { Refusal } from '../../core/reason.ts';
import type { z } from 'zod';
import { KeyedLock } from '../keyed-lock.ts';
import type { AttemptRow, BuildRow } from '../store/builds.ts';
import type { InternalDeps } from './deps.ts';

/** How long a claim waits for the app's superseded build to have really stopped, in milliseconds. */
const QUIET_MS = 30_000;
const turns = new KeyedLock();

/**
 * Gives an attempt to the builder that asks first; a repeat of the same claim gets the same answer.
 * @throws Refusal 409 when the message is old, or somebody else has it
 */
export async function claim(deps: InternalDeps, request: z.infer<typeof Claim>): Promise<ClaimedTask> {
  // A second claim must not write into the log after the first has told where its own bytes begin.
  return turns.run(request.buildId, () => claimInTurn(deps, request));
}

async function claimInTurn(deps: InternalDeps, request: z.infer<typeof Claim>): Promise<ClaimedTask> {
  const { store, attempts, buildLogs, changes } = deps;
  await quiet(deps, requireOpen(deps, request).app_id, request.buildId);
  const build = requireOpen(deps, request);
  const known = store.builds.attempt(build.id, request.attempt);
  if (known && !mayHave(deps, known, request)) throw stale('another builder has this attempt');
  if (build.attempt > 1 && !known) {
    await buildLogs.append(
      build.id,
      `-----> The builder was interrupted; starting again (attempt ${build.attempt})\n`,
    );
  }
  if (!known) {
    // No await between the look and the write: two claims cannot both find the attempt free.
    if (
      store.builds.attempt(build.id, request.attempt) ||
      !attemptIsOpen(requireOpen(deps, request), request.attempt)
    ) {
      throw stale('another builder has this attempt');
    }
    store.builds.startAttempt(build.id, request.attempt, request.builder, request.instance);
    changes.notify(build.app_id);
  }
  attempts.expect(build.id, request.attempt);
  const app = store.apps.require(build.app_id);
  return {
    installationId: store.installationId,
    appId: app.id,
    appName: app.name,
    buildId: build.id,
    buildNumber: build.number,
    attempt: request.attempt,
    commit: build.commit_id,
    manifest: build.manifest,
    noCache: build.options.noCache,
    logBytes: known ? await buildLogs.taken(build.id, request.attempt) : 0,
    ...(deps.settings.parts === undefined ? {} : { attemptToken: deps.tokens.of(build.id, request.attempt) }),
  };
}

/** Whether an attempt that was claimed before is this builder's, or one that it may take up. */
function mayHave({ attempts }: InternalDeps, known: AttemptRow, request: z.infer<typeof Claim>): boolean {
  if (known.ended_at !== null) return false;
  if (!attempts.belongToBuilders) return attempts.isAbandoned(known.build_id, known.number);
  return known.instance === request.instance && known.builder === request.builder;
}

function attemptIsOpen(build: BuildRow, attempt: number): boolean {
  return build.attempt === attempt && !buildHasEnded(build.state);
}

function requireOpen(deps: InternalDeps, request: z.infer<typeof Claim>): BuildRow {
  const build = deps.store.builds.byId(request.buildId);
  if (!build || !deps.store.apps.byId(build.app_id)) throw stale('this build is gone');
  if (!attemptIsOpen(build, request.attempt)) throw stale('this attempt is over');
  return build;
}

/** An app's builds run one at a time: waits until a superseded one has really stopped. */
async function quiet(deps: InternalDeps, appId: string, buildId: string): Promise<void> {
  if (!deps.attempts.othersRun(appId, buildId)) return;
  const patience = new AbortController();
  await Promise.race([
    deps.changes.until(appId, () => !deps.attempts.othersRun(appId, buildId), patience.signal),
    after(QUIET_MS, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
}

function stale(message: string): Refusal {
  return new Refusal(409, 'claim_refused', message, 'take the next message');
}
