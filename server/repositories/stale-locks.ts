import { glob, readFile, rm, stat } from 'node:fs/promises';

/** A lock that somebody holds is held for moments, in milliseconds. */
export const STALE_LOCK_MS = 60_000;
const LOCKS = ['*.lock', 'refs/**/*.lock', 'objects/{info,pack}/**/*.lock'];
const PID = /^\d+(?= )/;

/**
 * Removes locks that git left behind when it was killed, as by a power cut. Each would hold what it guards for ever: the
 * one of HEAD every move of the branch that HEAD names.
 * @returns whether there was one
 */
export async function removeStaleLocks(repository: string): Promise<boolean> {
  const names = ['gc.pid'];
  for await (const name of glob(LOCKS, { cwd: repository })) names.push(name);
  const removed = await Promise.all(
    names.map(async (name) => {
      const file = `${repository}/${name}`;
      const made = await stat(file).catch(() => undefined);
      if (!made || Date.now() - made.mtimeMs < STALE_LOCK_MS) return false;
      if (name === 'gc.pid' && (await collects(file))) return false;
      await rm(file, { force: true });
      return true;
    }),
  );
  return removed.includes(true);
}

/** Git believes a pid file for twelve hours when it is of another host, as of a container that is gone, or its number is used again. */
async function collects(pidFile: string): Promise<boolean> {
  const pid = PID.exec(await readFile(pidFile, 'utf8').catch(() => ''))?.[0];
  const command = await readFile(`/proc/${pid ?? 0}/cmdline`, 'utf8').catch(() => '');
  return command.split('\0').includes('gc');
}
