import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../../core/reason.ts';
import { git } from '../git.ts';
import { refuseOldGit } from '../git-version.ts';
import type { TreeOptions } from '../tree.ts';
import type { SubmoduleAddress } from './address.ts';
import { pruneCache } from './cache.ts';
import type { FetchFault, FetchLimits, FetchTarget } from './fetch-process.ts';
import { runFetch } from './fetch-process.ts';
import { pinnedAddresses } from './pin.ts';

export interface WantedSubmodule {
  /** As people see it. */
  readonly path: string;
  readonly address: SubmoduleAddress;
  readonly commit: string;
}

const DEFAULT_LIMITS: FetchLimits = { seconds: 120, bytes: 512 * 1024 * 1024 };

/**
 * The bare repository that holds one commit of a submodule, fetched unless it is cached. Each commit has a
 * repository of its own, moved into place when it is whole, so a fetch that dies leaves no lock and no half.
 * @throws Refusal `submodule_refused` or `submodule_unreachable`
 */
export async function fetchSubmodule(
  wanted: WantedSubmodule,
  options: Pick<TreeOptions, 'env' | 'signal' | 'submodules'>,
): Promise<string> {
  const { path, address, commit } = wanted;
  const ofUrl = join(
    options.submodules.cache,
    createHash('sha256').update(address.url).digest('hex').slice(0, 32),
  );
  const repository = join(ofUrl, `${commit}.git`);
  // A cached one must be allowed today as well: the admin may have changed the list.
  const pin = await pinnedAddresses(path, address);
  if (await exists(repository)) {
    await utimes(repository, new Date(), new Date());
    return repository;
  }
  options.submodules.fetching?.(path, address.url);
  await mkdir(ofUrl, { recursive: true, mode: 0o700 });
  const half = join(ofUrl, `tmp-${randomBytes(8).toString('hex')}`);
  const limits = { ...DEFAULT_LIMITS, ...options.submodules.limits };
  const target: FetchTarget = {
    repository: half,
    url: address.url,
    pin,
    limits,
    deadline: performance.now() + limits.seconds * 1000,
    // Not a quarantine's object folders: these are other objects.
    env: { PATH: options.env['PATH'] },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  try {
    await refuseOldGit(target.env, 'Submodules');
    await fetchInto(target, wanted);
    await rename(half, repository).catch(async (error: unknown) => {
      // Another build fetched the same in the meantime.
      if (!(await exists(repository))) throw error;
    });
  } finally {
    await rm(half, { recursive: true, force: true });
  }
  await pruneCache(ofUrl, repository);
  return repository;
}

async function fetchInto(target: FetchTarget, wanted: WantedSubmodule): Promise<void> {
  const { commit } = wanted;
  const { repository, env } = target;
  const format = commit.length === 64 ? 'sha256' : 'sha1';
  await git(repository, ['init', '--bare', '--quiet', '--template=', '--object-format', format], env, 1024);
  const fault = await runFetch(target, ['--depth=1'], `${commit}:refs/sluice/${commit}`);
  if (fault === undefined) return;
  if (!/not our ref|unadvertised object|does not support shallow/i.test(fault.stderr)) {
    throw unreachable(wanted, fault);
  }
  // Old and dumb servers give only what their refs name: then the commit must be below one of them.
  const again = await runFetch(target, [], '+refs/*:refs/sluice/*');
  if (again !== undefined) throw unreachable(wanted, again);
  const type = await git(repository, ['cat-file', '-t', commit], env, 1024).catch(() => undefined);
  if (type?.toString().trim() !== 'commit') throw unreachable(wanted, fault);
}

function unreachable({ path, address, commit }: WantedSubmodule, { stderr, limit }: FetchFault): Refusal {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const what = `Submodule ${path}: ${commit.slice(0, 12)} cannot be fetched from ${address.url}`;
  const refusal = (why: string, hint: string): Refusal =>
    new Refusal(422, 'submodule_unreachable', why, hint, lines.slice(-5));
  if (limit !== undefined) return refusal(`${what}: ${limit}`, 'commit the files that you need themselves');
  if (/error: 30[12378]|redirect/i.test(stderr)) {
    return refusal(what, 'redirects are not followed: write the URL where it ends, often the same with .git');
  }
  return refusal(what, `push that commit there, and make sure that anyone may read ${address.url}`);
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
