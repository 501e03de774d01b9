import { buildHasEnded } from '../../core/build.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import type { Api } from '../api/client.ts';
import { Exit, Failure, unreached } from '../failure.ts';
import { Retries, type Patience } from './patience.ts';

export interface BuildOf {
  readonly app: string;
  readonly number: number;
}

/**
 * The bytes of a build's log until it and its rollout have ended. A lost connection is taken up again at the byte where
 * it broke, so the reader sees each byte once.
 * @throws Failure (platform not reached) when it stays away longer than patience lasts
 */
export async function* followBuildLog(
  api: Api,
  build: BuildOf,
  patience: Patience,
  onLost: () => void,
): AsyncGenerator<Buffer> {
  const retries = new Retries(patience);
  let offset = 0;
  for (;;) {
    let lost: Failure | undefined;
    try {
      const response = await api.stream('getBuildLog', { params: build, query: { offset, follow: true } });
      for await (const chunk of response as AsyncIterable<Buffer>) {
        offset += chunk.length;
        retries.wentWell();
        yield chunk;
      }
      if (await hasEnded(api, build)) return;
    } catch (error) {
      lost = lostConnection(error);
    }
    if (!(await retries.wait())) throw lost ?? logStopped(build);
    if (lost !== undefined) onLost();
  }
}

/** The bytes of a build's log so far. */
export async function* buildLogSoFar(api: Api, build: BuildOf): AsyncGenerator<Buffer> {
  yield* (await api.stream('getBuildLog', {
    params: build,
    query: { offset: 0, follow: false },
  })) as AsyncIterable<Buffer>;
}

/** A server that is restarted ends its streams in good order; that is not yet the end of the build. */
async function hasEnded(api: Api, { app, number }: BuildOf): Promise<boolean> {
  const build = await api.call('getBuild', { params: { app, number } });
  if (!buildHasEnded(build.state)) return false;
  if (build.release === undefined) return true;
  const release = await api.call('getRelease', { params: { app, number: build.release } });
  return rolloutHasEnded(release.state);
}

/** @throws what is no lost connection */
export function lostConnection(error: unknown): Failure {
  if (error instanceof Failure) {
    if (error.exit !== Exit.unreached) throw error;
    return error;
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') {
    return unreached(
      'the connection to the platform was lost',
      'The build goes on; follow it: sluice builds:log -f',
    );
  }
  throw error;
}

function logStopped({ number }: BuildOf): Failure {
  return unreached(
    `the log of build ${number} stopped before its end`,
    'Type it again: sluice builds:log -f',
  );
}
