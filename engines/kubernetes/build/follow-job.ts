import { setTimeout as pause } from 'node:timers/promises';
import type { V1Job } from '@kubernetes/client-node';
import { INDENT } from '../../../core/output-lines.ts';
import { testsCached } from '../../build/gate.ts';
import type { BuildObserver, BuildOutcome, BuildTask, Stage } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { followLog } from './follow-log.ts';
import { disruption, isOver, outOfMemory, waiting, whySilent } from './job-state.ts';
import type { JobState, JobVerdict } from './job-state.ts';
import type { JobBuildSettings } from './job-settings.ts';
import { JobWatch } from './job-watch.ts';
import { MergedLog } from './merged-log.ts';
import { attemptLabels, jobName, selectorOf } from './names.ts';
import { ownLinesOf, saveOwnLines } from './own-lines.ts';
import type { JobRecord } from './records.ts';
import { removeJob } from './removal.ts';

/** Milliseconds that a container which ends by the cluster's will may still speak. */
const LAST_WORDS_MS = 3_000;
/** Milliseconds in which what the cluster did to a build that broke off becomes known. */
const WHY_MS = 15_000;
/** Milliseconds that a build waits before it is said what for. */
const SAY_MS = 5_000;

export interface FollowedAttempt {
  readonly cluster: Cluster;
  readonly settings: JobBuildSettings;
  readonly task: BuildTask;
  readonly observer: BuildObserver;
  readonly signal: AbortSignal;
}

/** Thrown when the cluster has ended a build, to leave whatever is being waited for. */
class Ended extends Error {
  readonly verdict: JobVerdict;

  constructor(verdict: JobVerdict) {
    super(verdict.reason.message);
    this.verdict = verdict;
  }
}

/**
 * Follows an attempt's Job to its end, whoever made it.
 * @throws the signal's reason
 */
export async function followJob(attempt: FollowedAttempt, job: V1Job): Promise<BuildOutcome> {
  const { cluster, settings, task, observer, signal } = attempt;
  const { namespace } = settings;
  await using watch = new JobWatch(cluster, namespace, jobName(task), selectorOf(attemptLabels(task)));
  const log = new MergedLog(
    ownLinesOf(job),
    task.logBytes,
    (bytes) => observer.log(bytes),
    (own) => saveOwnLines(cluster, job, own),
  );
  const ended = new AbortController();
  const outcome = (async (): Promise<BuildOutcome> => {
    const until = AbortSignal.any([signal, ended.signal]);
    let before = 0;
    for (const stage of ['test', 'build'] as const) {
      const take = (record: JobRecord): Promise<void> => tell(observer, log, before, record);
      const heard = await followLog(cluster, watch, namespace, stage, take, until);
      if (heard.end === undefined) return await silent(watch, stage, heard.words, signal);
      const { how, bytes } = heard.end;
      if (how !== 'passed') {
        // What a step has started outlives it, and ends with the pod.
        if (how.result === 'failed' && how.reason.code.endsWith('_timeout')) await settled(watch, signal);
        return how.result === 'lost' ? ((await blamed(watch, stage, signal)) ?? how) : how;
      }
      before += bytes;
    }
    throw new Error('the build stage says that it passed');
  })();
  const guard = guardian(watch, settings.patienceSeconds, log, ended);
  try {
    const result = await outcome;
    if (result.result === 'lost') await removeJob(cluster, namespace, task);
    return result;
  } catch (error) {
    signal.throwIfAborted();
    if (!(ended.signal.reason instanceof Ended)) throw error;
    await removeJob(cluster, namespace, task);
    return ended.signal.reason.verdict;
  } finally {
    guard.stop();
  }
}

/** @param before bytes of the containers before this one */
async function tell(
  observer: BuildObserver,
  log: MergedLog,
  before: number,
  record: JobRecord,
): Promise<void> {
  const at = before + record.o;
  await log.reach(at);
  if ('log' in record) await log.add(at, record.log);
  else if (log.known) return;
  else if ('stage' in record) await observer.stage(record.stage);
  else if ('tested' in record) {
    const { image, cached } = record.tested;
    const ranIn = await observer.tested(image, cached);
    if (cached) await log.say('tested', testsCached(ranIn));
  }
}

/** A container has ended without a word about how: the cluster knows, now or in a moment. */
async function silent(
  watch: JobWatch,
  stage: Stage,
  words: readonly string[],
  signal: AbortSignal,
): Promise<JobVerdict> {
  await settled(watch, signal);
  return whySilent(watch.state, stage, words);
}

/** The build says that something broke under it: whether the cluster knows more. */
async function blamed(watch: JobWatch, stage: Stage, signal: AbortSignal): Promise<JobVerdict | undefined> {
  await settled(watch, signal, (state) => outOfMemory(state, stage) !== undefined);
  return outOfMemory(watch.state, stage) ?? disruption(watch.state);
}

async function settled(
  watch: JobWatch,
  signal: AbortSignal,
  enough: (state: JobState) => boolean = () => false,
): Promise<void> {
  const late = AbortSignal.timeout(WHY_MS);
  const look = (state: JobState): true | undefined => enough(state) || isOver(state) || undefined;
  await watch.until(look, AbortSignal.any([signal, late])).catch(() => signal.throwIfAborted());
}

/** Ends the waiting when the cluster has ended the build, or when patience with it has. */
function guardian(
  watch: JobWatch,
  patienceSeconds: number,
  log: MergedLog,
  ended: AbortController,
): { stop: () => void } {
  const stopping = new AbortController();
  let waits: { readonly code: string; readonly since: AbortController } | undefined;
  const end = (verdict: JobVerdict): void => {
    if (!stopping.signal.aborted) ended.abort(new Ended(verdict));
  };
  const later = async (ms: number, signal: AbortSignal, act: () => void): Promise<void> => {
    const over = AbortSignal.any([signal, stopping.signal]);
    await pause(ms, undefined, { signal: over, ref: false }).then(act, () => undefined);
  };
  let going = false;
  const look = (): void => {
    const verdict = disruption(watch.state);
    if (verdict !== undefined && !going) {
      going = true;
      void later(LAST_WORDS_MS, stopping.signal, () => end(disruption(watch.state) ?? verdict));
    }
    const now = waiting(watch.state);
    const code = now?.verdict.reason.code;
    if (code === waits?.code) return;
    waits?.since.abort();
    waits = undefined;
    if (now === undefined || code === undefined) return;
    const since = new AbortController();
    waits = { code, since };
    void later(SAY_MS, since.signal, () => {
      const { text } = waiting(watch.state) ?? now;
      log.say(`waiting ${code}`, `${INDENT}Waiting: ${text}\n`).catch(() => undefined);
    });
    void later(patienceSeconds * 1_000, since.signal, () => end((waiting(watch.state) ?? now).verdict));
  };
  const off = watch.onChange(look);
  look();
  return {
    stop: () => {
      off();
      stopping.abort();
    },
  };
}
