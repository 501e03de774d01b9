import type { AppRow } from '../store/apps.ts';
import type { ReleaseRow } from '../store/releases.ts';
import type { ControllerDeps } from './deps.ts';

type BranchDeps = Pick<ControllerDeps, 'store' | 'repositories'>;

/** The platform's branch is the commit that is live; a release without a commit leaves it where it is. */
export async function alignBranch(deps: BranchDeps, app: AppRow): Promise<void> {
  const live = app.live_release_id === null ? undefined : deps.store.releases.byId(app.live_release_id);
  if (live) await moveBranch(deps, app, live);
}

export async function moveBranch(deps: BranchDeps, app: AppRow, release: ReleaseRow): Promise<void> {
  if (release.commit_id === null) return;
  if ((await deps.repositories.branch(app.id, app.deploy_branch)) === release.commit_id) return;
  await deps.repositories.moveBranch(app.id, app.deploy_branch, release.commit_id);
}
