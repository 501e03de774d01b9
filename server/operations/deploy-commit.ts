import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { PersonRow } from '../store/people.ts';
import type { OperationDeps } from './deps.ts';
import { takeIn } from './intake.ts';

/** As `git push -o supersede -o detach`: whoever asks does not wait, and the newest asked for wins. */
const OPTIONS = { wait: 'live', detach: true, now: false, noCache: false, supersede: true } as const;

/**
 * Builds a commit that the app's repository has. Asked twice by the same name it is one build.
 * @param name of what asks
 */
export async function deployCommit(
  deps: OperationDeps,
  person: PersonRow,
  app: AppRow,
  { commit, name }: { readonly commit: string; readonly name: string },
): Promise<BuildRow> {
  const intake = { commit, options: OPTIONS, source: 'hook', pushId: name } as const;
  return (await takeIn(deps, person, app.id, intake)).build;
}
