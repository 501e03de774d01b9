import { reason, Refusal } from '../../core/reason.ts';
import { rolloutHasEnded } from '../../core/rollout.ts';
import { readManifest } from '../../core/manifest/read.ts';
import type { Manifest, ManifestProblem } from '../../core/manifest/manifest.ts';
import type { PushOptions } from '../../core/push-options.ts';
import { readFileAt } from '../tree/read-file-at.ts';
import { ZERO } from '../repositories/repositories.ts';
import type { AppRow } from '../store/apps.ts';
import type { BuildRow } from '../store/builds.ts';
import type { PersonRow } from '../store/people.ts';
import { newId } from '../store/ids.ts';
import { logHead } from '../log-head.ts';
import { requireDisk } from './disk.ts';
import type { OperationDeps } from './deps.ts';
import { requireApp } from './require-app.ts';

export interface Intake {
  readonly commit: string;
  readonly options: PushOptions;
  readonly source: 'push' | 'api' | 'hook';
  /** The branch as the pusher saw it; undefined where there was no push. */
  readonly old?: string;
  /** Names this push; a front that asks twice, because the server went away before it answered, gets one build. */
  readonly pushId?: string;
}

/**
 * Takes a commit in: hidden ref, then journal, then the queue, so that what is acknowledged is on disk and a crash
 * between the steps leaves at most a ref that nobody knows, which the next start removes.
 * A commit that is under way already is attached to instead of being built twice.
 */
export async function takeIn(
  deps: OperationDeps,
  person: PersonRow,
  appId: string,
  intake: Intake,
): Promise<{ build: BuildRow; attached: boolean }> {
  // Before the lock is taken, which making room needs, too.
  if (!taken(deps, requireApp(deps.store, appId), intake)) await requireDisk(deps);
  return deps.lock.run(appId, async () => {
    const app = requireApp(deps.store, appId);
    const known = taken(deps, app, intake);
    if (known) return known;
    const newest = buildsUnderWay(deps, app).at(-1);
    if (newest) await requireDescendant(deps, app, newest, intake);
    const id = newId();
    const { manifest, notices } = await keptManifest(deps, app, id, intake.commit);
    const build = journal(deps, person, app, id, intake, manifest);
    const lines = [logHead(app, build), ...notices.map((notice) => `       ${notice}\n`)];
    const head = deps.buildLogs.append(build.id, lines.join(''));
    // Beside it: a claim asks for the log's size behind this append, and each millisecond here is the pusher's.
    void deps.dispatcher.dispatch(app.id);
    await head;
    deps.changes.notify(app.id);
    return { build, attached: false };
  });
}

/** The build that this is about already, if there is one. */
function taken(
  deps: OperationDeps,
  app: AppRow,
  { commit, old, options, pushId }: Intake,
): { build: BuildRow; attached: boolean } | undefined {
  const known = pushId === undefined ? undefined : deps.store.builds.byPush(app.id, pushId);
  if (known) return { build: known, attached: false };
  // Only the newest: an older one is about to be superseded, and the newest push must win.
  const newest = buildsUnderWay(deps, app).at(-1);
  if (newest !== undefined) {
    return newest.commit_id === commit && !options.noCache ? { build: newest, attached: true } : undefined;
  }
  // Git sends no commit that the branch has; this one became live after the pusher was told of the branch.
  const live = old === undefined || old === commit ? undefined : liveBuild(deps, app, commit);
  return live && { build: live, attached: true };
}

function liveBuild({ store }: OperationDeps, app: AppRow, commit: string): BuildRow | undefined {
  const live = app.live_release_id === null ? undefined : store.releases.byId(app.live_release_id);
  return live?.commit_id === commit && live.build_id !== null ? store.builds.byId(live.build_id) : undefined;
}

/** Builds that may still become live, oldest first: open ones, and those whose rollout is open. */
export function buildsUnderWay(deps: Pick<OperationDeps, 'store'>, app: AppRow): BuildRow[] {
  const rolling = deps.store.rollouts
    .open(app.id)
    .flatMap((rollout) =>
      rollout.build_id === null || rolloutHasEnded(rollout.state) ? [] : [rollout.build_id],
    )
    .flatMap((id) => deps.store.builds.byId(id) ?? []);
  return [...rolling, ...deps.store.builds.open(app.id)].toSorted((a, b) => a.number - b.number);
}

async function requireDescendant(
  deps: OperationDeps,
  app: AppRow,
  newest: BuildRow,
  intake: Intake,
): Promise<void> {
  if (intake.options.supersede) return;
  if (await deps.repositories.isAncestor(app.id, newest.commit_id, intake.commit)) return;
  const rewinds =
    intake.old !== undefined &&
    !ZERO.test(intake.old) &&
    !(await deps.repositories.isAncestor(app.id, intake.old, intake.commit));
  if (rewinds) return;
  throw new Refusal(
    409,
    'not_descendant',
    `build ${newest.number} (${newest.commit_id.slice(0, 8)}) is under way and your commit does not contain it`,
    `git push -o supersede platform ${app.deploy_branch}   replaces that build; or merge its commit first`,
  );
}

/** Keeps the commit and reads its files side by side: each starts a git process, and the pusher waits for both. */
async function keptManifest(
  deps: OperationDeps,
  app: AppRow,
  id: string,
  commit: string,
): Promise<{ manifest: Manifest; notices: readonly string[] }> {
  const [read, kept] = await Promise.allSettled([
    manifestAt(deps, app, commit),
    deps.repositories.keepBuild(app.id, id, commit),
  ]);
  if (read.status === 'rejected') {
    if (kept.status === 'fulfilled') await deps.repositories.dropBuild(app.id, id);
    throw read.reason;
  }
  if (kept.status === 'rejected') throw kept.reason;
  return read.value;
}

/** @throws Refusal 422 with each problem as `file:line: message; fix` */
async function manifestAt(
  deps: OperationDeps,
  app: AppRow,
  commit: string,
): Promise<{ manifest: Manifest; notices: readonly string[] }> {
  const files = readFileAt(deps.repositories.path(app.id), commit, deps.settings.gitEnvironment);
  try {
    const read = await readManifest(files.readFile);
    if (read.manifest) return read;
    throw new Refusal(
      422,
      'repository_invalid',
      'the repository cannot be built as it is',
      'mend the lines above, commit, and push again',
      read.problems.map(shown),
    );
  } finally {
    files.close();
  }
}

function shown(problem: ManifestProblem): string {
  const place = problem.line > 0 ? `${problem.file}:${problem.line}` : problem.file;
  return `${place}: ${problem.message}; ${problem.fix}`;
}

function journal(
  deps: OperationDeps,
  person: PersonRow,
  app: AppRow,
  id: string,
  intake: Intake,
  manifest: Manifest,
): BuildRow {
  const { store } = deps;
  return store.transaction(() => {
    // Asked again: reading the commit has taken a while.
    requireApp(store, app.id);
    const number = store.apps.takeBuildNumber(app.id);
    for (const older of store.builds.open(app.id)) {
      store.builds.move(older.id, 'supersede', {
        supersededBy: number,
        reason: reason(
          'superseded',
          `build ${number} (${intake.commit.slice(0, 8)}, by ${person.name}) is newer and took over`,
          `how that one goes: sluice builds:log ${number} -f -a ${app.name}`,
        ),
      });
    }
    const build = store.builds.create({
      id,
      appId: app.id,
      number,
      commit: intake.commit,
      branch: app.deploy_branch,
      source: intake.source,
      personId: person.id,
      manifest,
      options: intake.options,
      ...(intake.pushId === undefined ? {} : { pushId: intake.pushId }),
    });
    store.events.record('build.create', person.id, app.id, {
      build: number,
      commit: intake.commit,
      source: intake.source,
    });
    return build;
  });
}
