import type { Context } from '../../context.ts';
import { followRelease } from '../../follow/follow.ts';

/** Sets (text) and removes (null) config keys, and waits for the release that comes of it. */
export async function changeConfig(
  context: Context,
  values: Record<string, string | null>,
  done: 'Set' | 'Removed',
  { detach, now }: { readonly detach: boolean; readonly now: boolean },
): Promise<void> {
  const { out } = context;
  const app = await context.app();
  const answer = await (await context.api()).call('setConfig', { params: { app }, body: { values, now } });
  const { version, release } = answer;
  out.result(`${done} ${Object.keys(values).join(', ')} on ${app} (config version ${version})`);
  if (release === undefined) {
    out.detail('No release yet: the next one takes it');
    out.show({ version }, () => undefined);
    return;
  }
  await followRelease(context, app, release, { detach, asJson: (ended) => ({ version, release: ended }) });
}
