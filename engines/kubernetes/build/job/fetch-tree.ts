import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { reason } from '../../../../core/reason.ts';
import { CommitTree } from '../../../build/context/commit-tree.ts';
import { BuildLost } from './build-lost.ts';

/** Milliseconds for which a server that is away (it restarts) is asked again. */
const PATIENCE_MS = 120_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;

/** Spools the commit's tree from the server. @throws BuildLost when the server does not give it in time */
export async function fetchTree(
  source: { readonly url: string; readonly token: string },
  path: string,
  signal: AbortSignal,
): Promise<CommitTree> {
  const began = performance.now();
  for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(LONGEST_PAUSE_MS, wait * 2)) {
    let refused = false;
    try {
      const response = await fetch(source.url, {
        headers: { authorization: `Bearer ${source.token}` },
        signal,
      });
      refused = response.status >= 400 && response.status < 500;
      if (!response.ok || response.body === null) throw new Error(`the server answers ${response.status}`);
      return await CommitTree.spool(Readable.fromWeb(response.body), path, signal);
    } catch (error) {
      signal.throwIfAborted();
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
      if (refused || performance.now() - began > PATIENCE_MS) throw unavailable(error);
    }
    await pause(wait, undefined, { signal });
  }
}

function unavailable(error: unknown): BuildLost {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new BuildLost(
    reason(
      'tree_unavailable',
      `the build could not fetch its commit from the platform: ${message}`,
      'push again; see `sluice doctor` when it stays so',
    ),
  );
}
