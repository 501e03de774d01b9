import { StringDecoder } from 'node:string_decoder';
import type { Build, Release } from '../../core/contracts/resources.ts';
import type { Context } from '../context.ts';
import { typeNext } from '../hints.ts';
import { LogText } from '../render/log-text.ts';
import { buildLogSoFar, followBuildLog } from './build-log.ts';
import { PATIENCE } from './patience.ts';
import { watchRollout } from './rollout.ts';
import { Story } from './story.ts';
import { renderRelease, renderVerdict, verdictOf } from './verdict.ts';

/** Copies a build's log to stdout until it and its rollout have ended, then prints the verdict. */
export async function followBuild(
  context: Context,
  app: string,
  { number }: Pick<Build, 'number'>,
): Promise<void> {
  const api = await context.api();
  const log = followBuildLog(api, { app, number }, PATIENCE, () => {
    context.out.step('The connection was lost; going on where it broke');
  });
  await copyLog(context, log);
  const verdict = await verdictOf(api, app, number);
  if (context.json) await context.out.record(verdict);
  await renderVerdict(context, app, verdict);
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
 * Waits for a release that was asked for, tells its rollout's story as it goes, and prints the verdict.
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
  out.step(`v${number}: ${release.description}`);
  const story = new Story(context, { known: release.warnings ?? [] });
  const { state, reason } = await watchRollout(context, { app, number }, (seen) => story.tell(seen));
  if (context.json) {
    const ended = await (await context.api()).call('getRelease', { params: { app, number } });
    out.show(asJson(ended), () => undefined);
  }
  await renderRelease(context, app, { number, state, reason }, typeNext(context, undo ?? 'rollback'));
}

async function copyLog(context: Context, log: AsyncIterable<Buffer>): Promise<void> {
  const decoder = new StringDecoder('utf8');
  const text = new LogText(context.out);
  for await (const chunk of log) await text.write(decoder.write(chunk));
  await text.end(decoder.end());
}
