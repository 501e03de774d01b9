import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Commits kept of one submodule. */
const KEPT = 5;
/** A cached commit may be read by a build for this long after its last use. */
const IN_USE_MS = 60 * 60 * 1000;

/** Removes the oldest commits of one submodule, and what fetches that died left behind. */
export async function pruneCache(ofUrl: string, justFetched: string): Promise<void> {
  const aged = await Promise.all(
    (await readdir(ofUrl)).map(async (name) => {
      const path = join(ofUrl, name);
      // Gone already: another build prunes as well.
      const used = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => Number.POSITIVE_INFINITY,
      );
      return { path, used, half: name.startsWith('tmp-') };
    }),
  );
  const unused = aged.filter(({ path, used }) => path !== justFetched && used < Date.now() - IN_USE_MS);
  const whole = aged.filter(({ half }) => !half).toSorted((a, b) => b.used - a.used);
  const kept = new Set(whole.slice(0, KEPT).map(({ path }) => path));
  for (const { path } of unused.filter((one) => !kept.has(one.path)))
    await rm(path, { recursive: true, force: true });
}
