import { posix } from 'node:path';
import type { BuildTask, Stage } from '../port.ts';
import type { Reason } from '../../core/reason.ts';
import type { AttemptParts } from './attempt-parts.ts';
import { BuildFailure } from './build-failure.ts';
import type { Dockerfile, DockerfileStage } from './dockerfile/dockerfile.ts';
import { FRESH_ARG, rewriteDockerfile } from './dockerfile/rewrite.ts';
import { exitCode, failureReason, timeoutReason } from './failures.ts';
import { BuildLog } from './log/build-log.ts';
import { INDENT } from '../../core/output-lines.ts';
import { commandStepName } from './log/step-names.ts';

export interface StageRun {
  readonly stage: Stage;
  readonly path: string;
  readonly dockerfile: Dockerfile;
  readonly target: DockerfileStage;
  readonly seconds: number;
  readonly command?: string | undefined;
  readonly fresh?: ReadonlySet<DockerfileStage>;
  readonly noCache: boolean;
  readonly labels: Readonly<Record<string, string>>;
}

export interface StageResult {
  /** What was made: the same for the same inputs. */
  readonly image: string;
  /** No command ran: all came out of the cache. */
  readonly cached: boolean;
}

/** Thrown when the signal has stopped a stage. */
export class Cancelled extends Error {}

/**
 * One stage as one solve, its log sent to the observer.
 * @throws BuildFailure, Cancelled, and when the engine goes away
 */
export async function runStage(parts: AttemptParts, run: StageRun): Promise<StageResult> {
  const { buildKit, checkout, task, observer, bases, secrets, signal, syntaxCheck } = parts;
  const { text, target } = rewriteDockerfile(run.dockerfile, {
    pin: (use) => bases.nameFor(use),
    secretIds: secrets.ids,
    withoutSyntax: await syntaxCheck.isMissing(run.dockerfile, signal),
    target: run.target,
    command: run.command,
    ...(run.fresh === undefined ? {} : { fresh: run.fresh }),
  });
  const request = {
    stage: run.stage,
    dockerfile: { name: posix.basename(run.path), text },
    context: await checkout.context(run.path),
    sharedKey: `sluice/${task.installationId}/${task.appId}/${run.path}`,
    target,
    args: buildArgs(task, run.dockerfile),
    labels: run.labels,
    noCache: run.noCache,
    secrets,
  };
  const limit = AbortSignal.timeout(run.seconds * 1_000);
  const asWritten = (step: string): string => secrets.ids.plain(bases.unpin(step));
  const log = new BuildLog((step) => commandStepName(asWritten(step), run.command), parts.wholeLogs);
  const result = await buildKit.solve(request, AbortSignal.any([signal, limit]), async (traces) => {
    const lines = traces.map((trace) => log.add(trace)).join('');
    if (lines !== '') await observer.log(lines);
  });
  if ('image' in result)
    return { image: result.image, cached: run.command === undefined && log.commandsCached };
  if (signal.aborted) throw new Cancelled();
  if ('stopped' in result) throw new BuildFailure(timeoutReason(run.stage, run.seconds, log.lastCommand));
  // The command that wanted them has failed for it.
  if (secrets.trouble !== undefined) throw secrets.trouble;
  throw new BuildFailure(await explain(parts, run, log, secrets.ids.plain(result.error)));
}

async function explain(parts: AttemptParts, run: StageRun, log: BuildLog, error: string): Promise<Reason> {
  const target = run.target.name ?? String(run.target.index);
  const { context } = parts.task.manifest.build;
  const locally = [...(run.path === 'Dockerfile' ? [] : ['-f', run.path]), '--target', target, context];
  const facts = {
    stage: run.stage,
    dockerfile: run.path,
    target,
    locally,
    command: run.command,
    appName: parts.task.appName,
    missingSecrets: parts.secrets.missing,
  };
  const step = log.failed;
  const code = step && exitCode(step.error);
  if (step !== undefined && code !== undefined) {
    await parts.observer.log(`${log.failureText()}${INDENT}${step.instruction}: exit code ${code}\n`);
  }
  return failureReason(facts, error, step);
}

/** SOURCE_VERSION and SLUICE_COMMIT only where they are declared: elsewhere they would make BuildKit warn. */
function buildArgs(task: BuildTask, dockerfile: Dockerfile): Record<string, string> {
  const own = { SOURCE_VERSION: task.commit, SLUICE_COMMIT: task.commit };
  const declared = Object.entries(own).filter(([name]) => dockerfile.args.has(name));
  const { BUILDKIT_SYNTAX: _frontend, ...given } = task.manifest.build.args;
  return {
    ...given,
    ...Object.fromEntries(declared),
    // Cache mounts are named by their place; without this all apps would share one of the same place.
    BUILDKIT_CACHE_MOUNT_NS: `sluice/${task.installationId}/${task.appId}`,
    [FRESH_ARG]: `${task.buildId}-${task.attempt}`,
  };
}
