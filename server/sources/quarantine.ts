import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { git, type GitEnv } from '../tree/git.ts';

/** A repository for what is not yet known to be harmless; it sees the objects of the app's own. */
export interface Quarantine extends AsyncDisposable {
  readonly path: string;
}

/** @param folder where it is made. @param repository the app's own, so that only what is new is fetched */
export async function quarantine(folder: string, repository: string, env: GitEnv): Promise<Quarantine> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = await mkdtemp(join(folder, 'new-'));
  const remove = async (): Promise<void> => rm(path, { recursive: true, force: true });
  try {
    await git(path, ['init', '--bare', '--quiet', '--template='], env, 1024);
    await mkdir(join(path, 'objects', 'info'), { recursive: true });
    await writeFile(join(path, 'objects', 'info', 'alternates'), `${join(repository, 'objects')}\n`);
  } catch (error) {
    await remove();
    throw error;
  }
  return { path, [Symbol.asyncDispose]: remove };
}
