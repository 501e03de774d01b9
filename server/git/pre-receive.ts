import type { Authorized } from '../../core/contracts/internal.ts';
import type { PushOptions } from '../../core/push-options.ts';
import type { Reason } from '../../core/reason.ts';
import { checkCommit } from './check-commit.ts';
import { checkRefs } from './checks/refs.ts';
import type { GitObjects } from './git-objects.ts';
import { isZero, type RefCommand } from './push-commands.ts';
import { parsePushOptions } from './push-options.ts';
import type { SummaryCache } from './tree-summary.ts';

/** A push as pre-receive shows it: objects are in the quarantine, no ref has moved. */
export interface QuarantinedPush {
  readonly commands: readonly RefCommand[];
  readonly options: readonly string[];
}

export type PreReceiveVerdict =
  | { readonly refusal: Reason }
  /** `deploy` is absent when the push brings tags alone. */
  | { readonly options: PushOptions; readonly deploy: RefCommand | undefined };

/**
 * Decides all that can be decided without a build, cheapest first.
 * @param openObjects opens the repository with the quarantine in view; called only when a tree must be read
 * @throws ObjectReadError when the repository cannot be read
 */
export async function decidePreReceive(
  push: QuarantinedPush,
  app: Authorized,
  openObjects: () => GitObjects,
  cache: SummaryCache,
): Promise<PreReceiveVerdict> {
  const wrongRef = checkRefs(push.commands, app.deployBranch);
  if (wrongRef !== undefined) return { refusal: wrongRef };
  const parsed = parsePushOptions(push.options);
  if ('refusal' in parsed) return parsed;
  const deploy = push.commands.find(
    ({ ref, next }) => ref === `refs/heads/${app.deployBranch}` && !isZero(next),
  );
  if (deploy === undefined) return { options: parsed.options, deploy };
  const objects = openObjects();
  try {
    const refusal = await checkCommit(deploy.next, app, objects, cache);
    return refusal === undefined ? { options: parsed.options, deploy } : { refusal };
  } finally {
    objects.close();
  }
}
