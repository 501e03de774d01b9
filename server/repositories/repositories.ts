import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { Refusal } from '../../core/reason.ts';
import { folderBytes } from '../folder-bytes.ts';
import { git, GitError, type GitEnv, startGit } from '../tree/git.ts';
import { removeStaleLocks } from './stale-locks.ts';

const BUILD_REFS = 'refs/sluice/builds/';
/** What was fetched last from the linked repository: kept until a build takes it in, or the next is fetched. */
const SOURCE_REF = 'refs/sluice/source';
export const ZERO = /^0+$/;
/** A ref that was acknowledged must be on disk; git's default leaves that to the system. */
const DURABLE = ['-c', 'core.fsync=committed,reference'];
const OBJECT_ID = /^[0-9a-f]{40}(?:[0-9a-f]{24})?\n$/;
const NAME = /^(?:\.new-)?([a-z0-9]+)\.git$/;
const MAX_OUTPUT = 64 * 1024 * 1024;
/** A push whose objects were there before a shrink began may be taken in so long after it. */
const SHRINK_ECHO_MS = 600_000;

/** The apps' bare repositories, by app id. Only the server moves refs. */
export class Repositories {
  readonly #folder: string;
  readonly #env: GitEnv;
  /** Those that lose objects now, or did a moment ago. */
  readonly #shrinking = new Map<string, Promise<unknown>>();

  /** @param env PATH for git */
  constructor(folder: string, env: GitEnv) {
    this.#folder = folder;
    this.#env = env;
  }

  path(appId: string): string {
    return `${this.#folder}/${appId}.git`;
  }

  /** Makes it once; complete under another name first, so that a crash leaves no half repository. */
  async create(appId: string, branch: string): Promise<void> {
    const path = this.path(appId);
    if (await stat(path).catch(() => undefined)) return;
    const fresh = this.#half(appId);
    await rm(fresh, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
    await this.#git(fresh, ['init', '--quiet', '--bare', `--initial-branch=${branch}`, '--template=']);
    await rename(fresh, path).catch(async (error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      await rm(fresh, { recursive: true, force: true });
    });
  }

  async remove(appId: string): Promise<void> {
    for (const path of [this.path(appId), this.#half(appId)])
      await rm(path, { recursive: true, force: true });
  }

  /** Apps that have a repository, or half of one. */
  async appIds(): Promise<string[]> {
    const names = await readdir(this.#folder).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    });
    return [...new Set(names.flatMap((name) => NAME.exec(name)?.[1] ?? []))];
  }

  /**
   * Keeps a commit from git's garbage collection, on disk, until `dropBuild`.
   * @throws Refusal 409 `commit_let_go` when that was just taking its objects
   */
  async keepBuild(appId: string, buildId: string, commit: string): Promise<void> {
    const ref = `${BUILD_REFS}${buildId}`;
    await this.#moveRef(appId, ref, commit);
    const shrinking = this.#shrinking.get(appId);
    if (shrinking === undefined) return;
    await shrinking.catch(() => undefined);
    if (await this.#isWhole(appId, ref)) return;
    await this.dropBuild(appId, buildId);
    throw new Refusal(
      409,
      'commit_let_go',
      `commit ${commit.slice(0, 8)} was being let go of, as nothing had needed it any more`,
      'push it again',
    );
  }

  async dropBuild(appId: string, buildId: string): Promise<void> {
    await this.#write(appId, ['update-ref', '-d', `${BUILD_REFS}${buildId}`]);
  }

  async dropBuilds(appId: string, buildIds: readonly string[]): Promise<void> {
    await this.#unlessHeld(appId, async () => this.#dropAtOnce(appId, buildIds));
  }

  /** Brings a ref of another repository of this machine here, with all that it needs, on disk. */
  async takeOver(appId: string, from: string, ref: string): Promise<void> {
    const settings = ['protocol.allow=never', 'protocol.file.allow=always', 'gc.auto=0'];
    await this.#write(appId, [
      ...DURABLE,
      ...settings.flatMap((setting) => ['-c', setting]),
      'fetch',
      '--quiet',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
      '--end-of-options',
      from,
      `+${ref}:${SOURCE_REF}`,
    ]);
  }

  /** Ids of builds that have a hidden ref. */
  async keptBuilds(appId: string): Promise<string[]> {
    const refs = await this.#git(this.path(appId), ['for-each-ref', '--format=%(refname)', BUILD_REFS]);
    return refs
      .split('\n')
      .filter(Boolean)
      .map((ref) => ref.slice(BUILD_REFS.length));
  }

  /** From git's files where they say it: a start asks for the branch of every app. @returns undefined when the branch does not exist */
  async branch(appId: string, branch: string): Promise<string | undefined> {
    const ref = `refs/heads/${branch}`;
    const loose = await readFile(`${this.path(appId)}/${ref}`, 'utf8').catch(() => '');
    if (OBJECT_ID.test(loose)) return loose.trim();
    // In this order: git writes a ref here before it removes its own file.
    const packed = await readFile(`${this.path(appId)}/packed-refs`, 'utf8').catch(() => '');
    const line = packed.split('\n').find((one) => one.endsWith(` ${ref}`)) ?? '';
    if (OBJECT_ID.test(`${line.slice(0, -ref.length - 1)}\n`)) return line.slice(0, -ref.length - 1);
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', ref];
    return this.#git(this.path(appId), args).then((told) => told.trim(), none);
  }

  async moveBranch(appId: string, branch: string, commit: string): Promise<void> {
    await this.#moveRef(appId, `refs/heads/${branch}`, commit);
  }

  async hasCommit(appId: string, commit: string): Promise<boolean> {
    return this.#succeeds(appId, ['cat-file', '-e', `${commit}^{commit}`]);
  }

  /** Packs up when there is enough to pack (git's own limits); what nothing refers to goes after git's two weeks. */
  async tidy(appId: string): Promise<void> {
    await this.#write(appId, ['-c', 'gc.autoDetach=false', 'gc', '--auto', '--quiet']);
  }

  /** Removes locks that a git left behind when it was killed. @returns whether there was one */
  async unlock(appId: string): Promise<boolean> {
    return removeStaleLocks(this.path(appId));
  }

  /** Bytes on disk. */
  async bytes(appId: string): Promise<number> {
    return folderBytes(this.path(appId));
  }

  /**
   * Lets go of objects that nothing refers to and nobody has written for a while. Not under the app's lock, as it can
   * take long: `keepBuild` looks whether it has lost something by it.
   * @param unusedMs younger ones stay, as a push that has not been taken in yet may need them
   * @param now milliseconds since 1970
   */
  async shrink(appId: string, unusedMs: number, now = Date.now()): Promise<void> {
    const before = `@${Math.floor((now - unusedMs) / 1_000)}`;
    const settings = ['gc.autoDetach=false', 'pack.threads=1', 'pack.windowMemory=100m'];
    const flags = settings.flatMap((setting) => ['-c', setting]);
    const work = this.#write(appId, [...flags, 'gc', '--quiet', `--prune=${before}`]);
    this.#shrinking.set(appId, work);
    try {
      await work;
    } finally {
      setTimeout(() => {
        if (this.#shrinking.get(appId) === work) this.#shrinking.delete(appId);
      }, SHRINK_ECHO_MS).unref();
    }
  }

  /** Whether `ancestor` is reachable from `descendant` (a commit is its own ancestor). */
  async isAncestor(appId: string, ancestor: string, descendant: string): Promise<boolean> {
    return this.#succeeds(appId, ['merge-base', '--is-ancestor', ancestor, descendant]);
  }

  #half(appId: string): string {
    return `${this.#folder}/.new-${appId}.git`;
  }

  async #moveRef(appId: string, ref: string, commit: string): Promise<void> {
    await this.#write(appId, [...DURABLE, 'update-ref', ref, commit]);
  }

  async #dropAtOnce(appId: string, buildIds: readonly string[]): Promise<void> {
    const { child, ended } = startGit(this.path(appId), ['update-ref', '--stdin'], this.#env);
    child.stdout.resume();
    child.stdin.end(buildIds.map((id) => `delete ${BUILD_REFS}${id}\n`).join(''));
    const { code, stderr } = await ended;
    if (code !== 0) throw new GitError('git update-ref failed', code, stderr);
  }

  async #write(appId: string, args: readonly string[]): Promise<string> {
    return this.#unlessHeld(appId, async () => this.#git(this.path(appId), args));
  }

  /** Again, once, where a lock that nobody holds was there and may have been in the way. */
  async #unlessHeld<T>(appId: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (!(await this.unlock(appId))) throw error;
      return work();
    }
  }

  /** Whether all that only this ref reaches is there. */
  async #isWhole(appId: string, ref: string): Promise<boolean> {
    const others = ['--not', `--exclude=${ref}`, '--all'];
    return this.#succeeds(appId, ['rev-list', '--quiet', '--objects', ref, ...others]);
  }

  async #succeeds(appId: string, args: readonly string[]): Promise<boolean> {
    return this.#git(this.path(appId), args).then(
      () => true,
      (error: unknown) => none(error) ?? false,
    );
  }

  async #git(repository: string, args: readonly string[]): Promise<string> {
    return (await git(repository, args, this.#env, MAX_OUTPUT)).toString();
  }
}

/** Git's way of saying no; anything else is a fault. */
function none(error: unknown): undefined {
  if (error instanceof GitError && error.code !== undefined) return undefined;
  throw error;
}
