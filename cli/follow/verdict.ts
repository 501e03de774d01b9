import type { Build, Release } from '../../core/contracts/resources.ts';
import { liveNowLine } from '../../core/failure/live-now.ts';
import { failureScreen, headline, type Ended } from '../../core/failure/screen.ts';
import type { Reason } from '../../core/reason.ts';
import type { Api } from '../api/client.ts';
import type { Context } from '../context.ts';
import { Exit, Failure } from '../failure.ts';
import { typeNext } from '../hints.ts';

/** How a build ended, and its release's rollout if it came to one. */
export interface Verdict {
  readonly build: Build;
  readonly release: Release | undefined;
}

export async function verdictOf(api: Api, app: string, number: number): Promise<Verdict> {
  const build = await api.call('getBuild', { params: { app, number } });
  const release =
    build.release === undefined
      ? undefined
      : await api.call('getRelease', { params: { app, number: build.release } });
  return { build, release };
}

/** Prints a good verdict: what is live, where, how to undo. @throws Failure for any other, with its reason */
export async function renderVerdict(
  context: Context,
  app: string,
  { build, release }: Verdict,
): Promise<void> {
  if (release !== undefined) return renderRelease(context, app, release, typeNext(context, 'rollback'));
  if (build.state === 'succeeded') {
    context.out.result(`Build ${build.number} succeeded`);
    return;
  }
  const { number, state, supersededBy } = build;
  throw await ended(context, app, { build: number, state, supersededBy }, build.reason);
}

/**
 * The same for a release that came of no build: a config change or a rollback.
 * @param undo the command that makes live again what was live before; undefined where nothing was
 */
export async function renderRelease(
  context: Context,
  app: string,
  release: Pick<Release, 'number' | 'state' | 'reason'>,
  undo: string | undefined,
): Promise<void> {
  if (release.state !== 'live')
    throw await ended(context, app, { release: release.number, state: release.state }, release.reason);
  const { url, live } = await (await context.api()).call('getApp', { params: { app } });
  if (live?.web && live.webReplicas === 0) {
    context.out.result(`v${release.number} is live, but no web replica runs`);
    context.out.detail(`Start one: ${typeNext(context, 'ps:scale web=1')}`);
  } else {
    context.out.result(`v${release.number} is live${live?.web === false ? '' : `: ${url}`}`);
  }
  if (undo !== undefined) context.out.detail(`Undo: ${undo}`);
}

async function ended(
  context: Context,
  app: string,
  what: Ended,
  reason: Reason | undefined,
): Promise<Failure> {
  const { live, url } = await (await context.api()).call('getApp', { params: { app } });
  const now = live && {
    ...live,
    url: live.web ? url : undefined,
    webScaledToZero: live.web && live.webReplicas === 0,
  };
  return new Failure(Exit.failed, reason ?? { code: 'not_live', message: headline(what) }, {
    screen: [...failureScreen(what, reason), `       ${liveNowLine(app, now)}`],
  });
}
