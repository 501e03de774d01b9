import { Readable } from 'node:stream';
import { CommitTree } from '../../../build/context/commit-tree.ts';
import type { RemoteSource } from '../../../port.ts';
import { askServer } from './ask-server.ts';

/** Spools the commit's tree from the server. @throws BuildLost when the server does not give it in time */
export async function fetchTree(
  { tree, token }: RemoteSource,
  path: string,
  signal: AbortSignal,
): Promise<CommitTree> {
  return askServer(
    { url: tree, token, code: 'tree_unavailable', what: 'its commit' },
    async ({ body }) => {
      if (body === null) throw new Error('the server answers without a body');
      return CommitTree.spool(Readable.fromWeb(body), path, signal);
    },
    signal,
  );
}
