import { looksSecret } from '../../../core/config/looks-secret.ts';
import type { ChangedConfig } from '../../../core/contracts/resources.ts';
import type { Context } from '../../context.ts';
import { followRelease } from '../../follow/follow.ts';
import { typeNext } from '../../hints.ts';
import { asBody, type ReleaseOptions } from './release-options.ts';

export interface Done {
  /** Such as `Set A, B`. */
  readonly text: string;
  /** It is for builds alone. */
  readonly builds?: boolean;
  /** What is said when the release is live, or there is none. */
  readonly after?: (changed: ChangedConfig) => Promise<void>;
}

/** Sets (text) and removes (null) config keys, and waits for the release that comes of it. */
export async function changeConfig(
  context: Context,
  values: Record<string, string | null>,
  text: string,
  options: ReleaseOptions & { readonly ifVersion?: number },
): Promise<void> {
  const changed = await setConfig(context, values, options);
  await showChange(context, await context.app(), changed, { text }, options);
}

/** Sets and removes config keys, and says which of them should rather be secrets. Waits for no release. */
export async function setConfig(
  context: Context,
  values: Record<string, string | null>,
  options: ReleaseOptions & { readonly ifVersion?: number },
): Promise<ChangedConfig> {
  const { ifVersion } = options;
  const params = { app: await context.app() };
  const body = { values, ...asBody(options), ...(ifVersion === undefined ? {} : { ifVersion }) };
  const changed = await (await context.api()).call('setConfig', { params, body });
  adviseSecrets(context, values, changed.secrets);
  return changed;
}

/** Says what was done, and follows the release if there is one. */
export async function showChange(
  context: Context,
  app: string,
  changed: ChangedConfig,
  { text, builds = false, after }: Done,
  { detach, noRelease }: ReleaseOptions,
): Promise<void> {
  const { out } = context;
  const { version, release, unchanged, alreadyIn } = changed;
  const already = unchanged && release === undefined ? ': it was so already' : '';
  out.result(`${text} on ${app} (config version ${version})${already}`);
  if (release === undefined) {
    if (builds) out.detail('The next build takes it');
    else if (alreadyIn !== undefined) out.detail(`v${alreadyIn} has it: no release is made`);
    else if (noRelease)
      out.detail(`Staged: the next release takes it; to make one now: ${typeNext(context, 'config:deploy')}`);
    else out.detail('No release yet: the next one takes it');
    out.show({ version, alreadyIn }, () => undefined);
  } else {
    await followRelease(context, app, release, { detach, asJson: (ended) => ({ version, release: ended }) });
  }
  await after?.(changed);
}

/** What was set is set; but plain config is shown to all who deploy, and nothing cuts it out of logs. */
function adviseSecrets(
  context: Context,
  values: Record<string, string | null>,
  secrets: readonly string[],
): void {
  for (const [key, value] of Object.entries(values)) {
    if (value === null) continue;
    if (secrets.includes(key)) {
      context.out.warn(
        `${key} is a secret and stays one; ${typeNext(context, `secrets:set ${key}`)} asks for its value, so that no shell remembers it`,
      );
      continue;
    }
    const why = looksSecret(key, value);
    if (why === undefined) continue;
    context.out.warn(
      `${why}, and plain config is shown to everybody who deploys and is not cut out of logs.`,
    );
    context.out.warn(
      `To make it a secret: ${typeNext(context, `config:get ${key}`)} | ${typeNext(context, `secrets:set ${key}`)}`,
    );
  }
}
