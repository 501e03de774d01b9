import { BUILDER_STOPS } from '../engines/port.ts';
import type { BuildObserver, BuildOutcome, BuildRunner, BuildSource } from '../engines/port.ts';
import type { BuildSecrets, ClaimedTask, LogAck } from '../core/contracts/internal.ts';
import { Refusal, reason } from '../core/reason.ts';
import { LogSender } from './log-sender.ts';
import { backoff, pause } from './retry.ts';
import { AttemptGone } from './server-client.ts';
import type { ServerClient } from './server-client.ts';
import { watch } from './watch.ts';

/** Milliseconds for which an engine that does not answer is asked again. */
const ENGINE_MS = 60_000;

/**
 * Runs one claimed attempt and tells the server how it ended, for as long as the server wants to know.
 * @param shutdown aborts when this builder stops; the attempt then ends untold, and the server gives it to another builder
 * or gives it a next one
 * @param reports for who runs the platform
 * @param treeUrl where what runs elsewhere gets trees and secrets; undefined: nowhere
 */
export async function runAttempt(
  server: ServerClient,
  runner: BuildRunner,
  task: ClaimedTask,
  shutdown: AbortSignal,
  reports: AttemptReports,
  treeUrl?: string,
): Promise<void> {
  const base = `/internal/builds/${task.buildId}/attempts/${task.attempt}`;
  /** Aborts what is said to the server: nobody listens any more. */
  const deaf = new AbortController();
  /** Aborts the build. */
  const stop = new AbortController();
  const over = new AbortController();
  const abandon = (why?: string): void => {
    deaf.abort();
    stop.abort(why);
  };
  const leave = (): void => abandon(BUILDER_STOPS);
  shutdown.addEventListener('abort', leave);
  const watching = (async () => {
    const end = await watch(server, `${base}/watch`, over.signal);
    if (end === 'gone') abandon();
    if (end === 'cancel') stop.abort();
  })();
  const log = new LogSender(task.logBytes, async (offset, bytes, last) => {
    const path = `${base}/log?offset=${offset}${last ? '&last=1' : ''}`;
    return ((await server.post(path, bytes, deaf.signal)) as LogAck).received;
  });
  try {
    if (shutdown.aborted) return;
    const outcome = await build(server, runner, task, base, log, {
      deaf: deaf.signal,
      stop: stop.signal,
      treeUrl,
      reports,
    });
    await log.drain();
    await server.post(`${base}/finish`, outcome, deaf.signal);
  } catch (error) {
    // Gone: another attempt has taken over, or the app is no more.
    if (!deaf.signal.aborted && !(error instanceof AttemptGone)) throw error;
  } finally {
    shutdown.removeEventListener('abort', leave);
    over.abort();
    await watching;
  }
}

/** What is told to who runs the platform, and the secrets that it must not say. */
export interface AttemptReports {
  error(message: string, error: unknown): void;
  know(secrets: BuildSecrets): void;
}

interface Surroundings {
  readonly deaf: AbortSignal;
  readonly stop: AbortSignal;
  readonly treeUrl: string | undefined;
  readonly reports: AttemptReports;
}

/** Runs the build, again when the engine or the way to the tree broke. */
async function build(
  server: ServerClient,
  runner: BuildRunner,
  task: ClaimedTask,
  base: string,
  log: LogSender,
  { deaf, stop, treeUrl, reports }: Surroundings,
): Promise<BuildOutcome> {
  const observer = observe(server, base, log, deaf);
  const secrets = async (): Promise<BuildSecrets> => {
    const given = (await server.post(`${base}/secrets`, {}, stop)) as BuildSecrets;
    reports.know(given);
    return given;
  };
  let failingSince: number | undefined;
  for (let tries = 1; ; tries++) {
    let serverAway = false;
    const openTree = async (): Promise<NodeJS.ReadableStream> => {
      try {
        const stream = await server.open(`${base}/tree`, stop);
        return stream.on('error', () => (serverAway = true));
      } catch (error) {
        serverAway = !(error instanceof AttemptGone);
        throw error;
      }
    };
    const began = performance.now();
    try {
      const source = { openTree, secrets, ...remoteSource(treeUrl, task) };
      return await runner.run({ ...task, logBytes: log.written }, source, observer, stop);
    } catch (error) {
      if (deaf.aborted || error instanceof AttemptGone) throw error;
      if (stop.aborted) return { result: 'cancelled' };
      const now = performance.now();
      // It went on for long before it broke: that is another failure than the ones before.
      if (now - began > ENGINE_MS) failingSince = undefined;
      if (!serverAway) failingSince ??= now;
      if (failingSince !== undefined && now - failingSince > ENGINE_MS) {
        return { result: 'failed', reason: whyBroken(error) };
      }
      if (tries === 1) {
        if (runner.keepsLog === true) {
          reports.error(`attempt ${task.buildId}-${task.attempt} is tried again`, error);
        } else await log.write(`       ${whyBroken(error).message}; trying again\n`);
      }
      await pause(backoff(tries), stop);
    }
  }
}

function remoteSource(treeUrl: string | undefined, task: ClaimedTask): Pick<BuildSource, 'remote'> {
  const { buildId, attempt, attemptToken } = task;
  if (treeUrl === undefined || attemptToken === undefined) return {};
  const of = (what: string): string => new URL(`/${what}/${buildId}/${attempt}`, treeUrl).href;
  return { remote: { tree: of('trees'), secrets: of('secrets'), token: attemptToken } };
}

function observe(server: ServerClient, base: string, log: LogSender, signal: AbortSignal): BuildObserver {
  return {
    log: (text) => log.write(text),
    stage: async (stage) => void (await server.post(`${base}/stage`, { stage }, signal)),
    tested: async (testImage, cached) => {
      const answer = await server.post(`${base}/tested`, { testImage, cached }, signal);
      return (answer as { ranInBuild?: number }).ranInBuild;
    },
  };
}

function whyBroken(error: unknown) {
  if (error instanceof Refusal) return error.reason;
  const message = error instanceof Error ? error.message : String(error);
  return reason('builder_error', `the builder could not run the build: ${message}`, 'see `sluice doctor`');
}
