import { rm } from 'node:fs/promises';
import { Refusal } from '../../core/reason.ts';
import { checkCommit } from '../git/check-commit.ts';
import { gitEnvironment, objectsArgv } from '../git/git-command.ts';
import { GitObjects } from '../git/git-objects.ts';
import { SummaryCache } from '../git/tree-summary.ts';
import { KeyedLock } from '../keyed-lock.ts';
import type { Resolve } from '../hosts/resolve.ts';
import type { Repositories } from '../repositories/repositories.ts';
import type { Settings } from '../settings.ts';
import type { AppRow } from '../store/apps.ts';
import type { LinkedRepositoryRow } from '../store/linked-repositories.ts';
import type { Store } from '../store/store.ts';
import { git, GitError } from '../tree/git.ts';
import { refuseOldGit } from '../tree/git-version.ts';
import { type FetchFault, runFetch, safeArguments } from '../tree/submodules/fetch-process.ts';
import { sourceAddress } from './address.ts';
import { connect } from './connect.ts';
import { faultRefusal, isMissingRef } from './faults.ts';
import { quarantine } from './quarantine.ts';
import { refsOf } from './refs.ts';
import type { Source, SourceWish } from './source.ts';

export interface LinkedSourceDeps {
  readonly store: Store;
  readonly settings: Pick<
    Settings,
    'paths' | 'sourceHosts' | 'privateHosts' | 'pushLimits' | 'gitEnvironment'
  >;
  readonly repositories: Repositories;
  readonly resolve: Resolve;
}

const FETCH_SECONDS = 300;
const LOOK_SECONDS = 30;
/** Where it stands until it has been checked. */
const FETCHED = 'refs/sluice/fetched';
const MAX_REFS_BYTES = 64 * 1024;

/** Fetches from the repository that an app is linked to, one fetch an app at a time. */
export class LinkedSource implements Source {
  readonly #deps: LinkedSourceDeps;
  readonly #lock = new KeyedLock();
  readonly #cache = new SummaryCache();

  constructor(deps: LinkedSourceDeps) {
    this.#deps = deps;
  }

  /** What a server left that died while it fetched. Before this one fetches. */
  async clear(): Promise<void> {
    await rm(this.#deps.settings.paths.sources, { recursive: true, force: true });
  }

  async fetch(app: AppRow, wish: SourceWish, signal: AbortSignal): Promise<{ readonly commit: string }> {
    const link = this.#link(app);
    const name = wish.ref ?? link.branch ?? app.deploy_branch;
    const refs = refsOf(name);
    return this.#lock.run(app.id, async () => {
      const { settings, repositories } = this.#deps;
      const env = settings.gitEnvironment;
      await using held = await quarantine(settings.paths.sources, repositories.path(app.id), env);
      await this.#fetchOne(link, refs, held.path, signal);
      const commit = await this.#wanted(held.path, link, name, wish.commit);
      await this.#check(app, held.path, commit);
      await git(held.path, ['update-ref', FETCHED, commit], env, 1024);
      signal.throwIfAborted();
      await repositories.takeOver(app.id, held.path, FETCHED);
      return { commit };
    });
  }

  /**
   * Asks what the linked branch is at, without fetching it. What the host shows at the first time is kept as its key.
   * @throws Refusal which says what is wrong
   */
  async look(app: AppRow, signal: AbortSignal): Promise<{ readonly commit: string }> {
    const link = this.#link(app);
    const name = link.branch ?? app.deploy_branch;
    const [ref = ''] = refsOf(name);
    const { address, connected } = await this.#reach(link);
    await using login = connected.login;
    const env = { ...this.#deps.settings.gitEnvironment, ...login.env };
    const within = AbortSignal.any([signal, AbortSignal.timeout(LOOK_SECONDS * 1_000)]);
    const args = [...safeArguments(address.url), ...connected.pin];
    const asked = ['ls-remote', '--quiet', '--end-of-options', address.url, ref];
    const told = await git('.', [...args, ...asked], env, MAX_REFS_BYTES, within).catch(
      async (error: unknown) => {
        signal.throwIfAborted();
        if (!(error instanceof GitError)) throw error;
        await this.#keepHostKeys(link, login);
        const limit = within.aborted ? { limit: `it took longer than ${LOOK_SECONDS} s` } : {};
        throw faultRefusal(address.shown, { stderr: error.stderr, ...limit });
      },
    );
    await this.#keepHostKeys(link, login);
    const commit = /^([0-9a-f]{40}(?:[0-9a-f]{24})?)\t/.exec(told.toString())?.[1];
    if (commit === undefined) throw noSuchRef(link, name);
    return { commit };
  }

  #link(app: AppRow): LinkedRepositoryRow {
    const link = this.#deps.store.linkedRepositories.of(app.id);
    if (link) return link;
    throw new Refusal(
      409,
      'not_linked',
      `${app.name} is linked to no repository`,
      `sluice repository:link https://… -a ${app.name}, or push: git push platform ${app.deploy_branch}`,
    );
  }

  async #reach(link: LinkedRepositoryRow): Promise<{
    address: ReturnType<typeof sourceAddress>;
    connected: Awaited<ReturnType<typeof connect>>;
  }> {
    const { settings, resolve } = this.#deps;
    await refuseOldGit(settings.gitEnvironment, 'Linked repositories');
    // Looked at each time: the admin may have changed the lists.
    const address = sourceAddress(link.url, settings);
    return { address, connected: await connect(settings.paths.sources, address, link, resolve) };
  }

  /** The first of `refs` that is there. */
  async #fetchOne(
    link: LinkedRepositoryRow,
    refs: readonly string[],
    into: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { settings } = this.#deps;
    const { address, connected } = await this.#reach(link);
    await using login = connected.login;
    const target = {
      repository: into,
      url: address.url,
      pin: [...connected.pin, '-c', 'fetch.fsckObjects=true'],
      limits: { seconds: FETCH_SECONDS, bytes: settings.pushLimits.packBytes },
      deadline: performance.now() + FETCH_SECONDS * 1_000,
      env: { ...settings.gitEnvironment, ...login.env },
      signal,
    };
    let fault: FetchFault | undefined;
    for (const ref of refs) {
      fault = await runFetch(target, [], `+${ref}:${FETCHED}`);
      if (fault === undefined || !isMissingRef(fault)) break;
    }
    await this.#keepHostKeys(link, login);
    if (fault === undefined) return;
    throw isMissingRef(fault) ? noSuchRef(link, refs[0] ?? '') : faultRefusal(address.shown, fault);
  }

  async #keepHostKeys(link: LinkedRepositoryRow, login: { hostKeys(): Promise<string> }): Promise<void> {
    if (link.host_keys !== null) return;
    const shown = await login.hostKeys();
    if (shown !== '') this.#deps.store.linkedRepositories.setHostKeys(link.app_id, link.url, shown);
  }

  /**
   * The commit that is meant. One that is asked for by its id must be in the history of the ref: a host gives commits by
   * their ids that others have put there, as those of a pull request from a fork.
   */
  async #wanted(
    repository: string,
    link: LinkedRepositoryRow,
    name: string,
    asked: string | undefined,
  ): Promise<string> {
    const env = this.#deps.settings.gitEnvironment;
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${FETCHED}^{commit}`];
    const head = await git(repository, args, env, 1024).then((told) => told.toString().trim(), no);
    if (head === undefined) {
      throw new Refusal(
        422,
        'not_a_commit',
        `${name} of ${link.url} is no commit`,
        'name a branch: --ref main',
      );
    }
    if (asked === undefined || asked === head) return head;
    const isIn = await git(repository, ['merge-base', '--is-ancestor', asked, head], env, 1024).catch(no);
    if (isIn !== undefined) return asked;
    throw new Refusal(
      404,
      'commit_not_in_source',
      `${name} of ${link.url} does not hold the commit ${asked.slice(0, 12)}`,
      'push it there, or name the branch that holds it: --ref BRANCH',
    );
  }

  /** As a push of it would be. */
  async #check(app: AppRow, repository: string, commit: string): Promise<void> {
    const { settings } = this.#deps;
    const limits = settings.pushLimits;
    const env = gitEnvironment(settings.gitEnvironment.PATH ?? '');
    const objects = new GitObjects(objectsArgv(repository), env);
    try {
      const refusal = await checkCommit(
        commit,
        { deployBranch: app.deploy_branch, limits },
        objects,
        this.#cache,
      );
      if (refusal === undefined) return;
      throw Refusal.of(422, refusal);
    } finally {
      objects.close();
    }
  }
}

/** Git's way of saying no; anything else is a fault. */
function no(error: unknown): undefined {
  if (error instanceof GitError && error.code !== undefined) return undefined;
  throw error;
}

function noSuchRef({ url }: LinkedRepositoryRow, name: string): Refusal {
  const shown = name.replace(/^refs\/(?:heads|tags)\//, '');
  return new Refusal(
    422,
    'source_ref',
    `${url} has no branch or tag ${shown}`,
    'push it there, or link another branch: sluice repository:link URL --branch NAME',
  );
}
