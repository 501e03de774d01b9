import { StringDecoder } from 'node:string_decoder';
import type { Build, Release, RolloutDetail } from '../../core/contracts/resources.ts';
import type { Context } from '../context.ts';
import { Exit, Failure } from '../failure.ts';
import { typeNext } from '../hints.ts';
import { LogText } from '../render/log-text.ts';
import { buildLogSoFar, followBuildLog } from './build-log.ts';
import { PATIENCE } from './patience.ts';
import { watchRollout } from './rollout.ts';
import { Story } from './story.ts';
import { renderRelease, renderVerdict, verdictOf } from './verdict.ts';

/**
 * Copies a build's log to stdout until it and its rollout have ended, then prints the verdict.
 * @throws Failure when it did not become live, or when Ctrl-C ended the watching
 */
export async function followBuild(
  context: Context,
  app: string,
  { number }: Pick<Build, 'number'>,
): Promise<void> {
  const api = await context.api();
  const log = followBuildLog(api, { app, number }, PATIENCE, () => {
    context.out.step('The connection was lost; going on where it broke');
  });
  await untilInterrupt(context, number, () =>
    context.waiting(`Build ${number} goes on`, () => copyLog(context, log)),
  );
  const verdict = await verdictOf(api, app, number);
  if (context.json) await context.out.record(verdict);
  await renderVerdict(context, app, verdict);
}

async function untilInterrupt(context: Context, number: number, work: () => Promise<void>): Promise<void> {
  const { promise: interrupted, resolve: interrupt } = Promise.withResolvers<true>();
  const release = context.terminal.onInterrupt(() => interrupt(true));
  try {
    const copied = work();
    // Ctrl-C reaches our ssh, too: what then becomes of the log is of no interest.
    copied.catch(() => undefined);
    if ((await Promise.race([copied, interrupted])) !== true) return;
  } finally {
    release();
  }
  throw new Failure(Exit.interrupted, {
    code: 'stopped_watching',
    message: `Only the watching has ended: build ${number} goes on`,
    hint: `Look again: ${typeNext(context, `builds:log ${number} -f`)}`,
  });
}

/** Copies what there is of a build's log. */
export async function showBuildLog(context: Context, app: string, number: number): Promise<void> {
  await copyLog(context, buildLogSoFar(await context.api(), { app, number }));
}

export interface ReleaseFollowing {
  /** End at once, with what to type to see how it goes. */
  readonly detach: boolean;
  /** The command that makes live again what is live now; `rollback` unless the release is one itself. */
  readonly undo?: string;
  /** What --json shows once it is known how the release ended. */
  readonly asJson: (ended: Release) => unknown;
}

/**
 * Waits for a release that was asked for, tells its rollout's story as it goes, and prints the verdict. A change of config
 * goes on in what takes over, as that is made with it: then it is that one's verdict.
 * @throws Failure when the release did not become live, or when Ctrl-C ended the waiting
 */
export async function followRelease(
  context: Context,
  app: string,
  release: Release,
  { detach, undo, asJson }: ReleaseFollowing,
): Promise<void> {
  const { out } = context;
  const { number } = release;
  if (detach) {
    out.show(asJson(release), () => {
      out.result(`v${number} is on its way: ${release.description}`);
      out.detail(`See: ${typeNext(context, `rollouts:show v${number} -f`)}`);
      out.detail(`Undo: ${typeNext(context, undo ?? `rollouts:abort v${number}`)}`);
    });
    return;
  }
  const api = await context.api();
  out.step(`v${number}: ${release.description}`);
  let watched = release;
  let ended = await tellStory(context, app, watched);
  while (ended.state === 'superseded' && ended.supersededBy !== undefined) {
    const next = await api.call('getRelease', { params: { app, number: ended.supersededBy } });
    if (!bringsConfig(next, release)) break;
    out.step(`v${next.number} took over, with this change: ${next.description} (by ${next.person})`);
    watched = next;
    ended = await tellStory(context, app, watched);
  }
  if (context.json) {
    const last = await api.call('getRelease', { params: { app, number: watched.number } });
    out.show(asJson(last), () => undefined);
  }
  const { state, reason } = ended;
  const last = { number: watched.number, state, reason };
  await renderRelease(context, app, last, typeNext(context, undo ?? 'rollback'));
}

async function tellStory(
  context: Context,
  app: string,
  { number, warnings = [] }: Release,
): Promise<RolloutDetail> {
  const story = new Story(context, { known: warnings });
  return watchRollout(context, { app, number }, (seen) => story.tell(seen));
}

/** Whether a newer release has the config that another was made for. A rollback has that of older times. */
function bringsConfig(newer: Release, { source, configVersion }: Release): boolean {
  return source === 'config' && newer.rollbackOf === undefined && newer.configVersion >= configVersion;
}

async function copyLog(context: Context, log: AsyncIterable<Buffer>): Promise<void> {
  const decoder = new StringDecoder('utf8');
  const text = new LogText(context.out);
  for await (const chunk of log) await text.write(decoder.write(chunk));
  await text.end(decoder.end());
}
