import type { ReadFile } from '../../core/manifest/manifest.ts';
import { ByteReader } from './byte-reader.ts';
import type { GitEnv } from './git.ts';
import { startGit } from './git.ts';

/** What of one file is read as text; configuration is far smaller, and the reader refuses what is longer. */
const MAX_BYTES = 2 * 1024 * 1024;

export interface CommitFiles {
  /** Follows symlinks that stay within the tree; folders and links that lead out of it are not there. */
  readonly readFile: ReadFile;
  /** Ends the git process behind it. */
  close(): void;
}

/**
 * Reads single files of one commit through one git process.
 * @param commit a full commit id
 * @param env with a quarantine's object folders where the commit is still in one
 */
export function readFileAt(repository: string, commit: string, env: GitEnv): CommitFiles {
  const { child, ended, kill } = startGit(repository, ['cat-file', '--batch', '--follow-symlinks'], env);
  const reader = new ByteReader(child.stdout);
  const read = async (path: string): Promise<string | undefined> => {
    // The protocol is made of lines.
    if (/[\n\0]/.test(path)) return undefined;
    child.stdin.write(`${commit}:${path}\n`);
    const header = await reader.line();
    if (header === undefined) throw new Error(`git cat-file ended: ${(await ended).stderr}`);
    const { type, size } = parseHeader(header);
    if (type === undefined) return undefined;
    const content = type === 'blob' ? await reader.exactly(Math.min(size, MAX_BYTES)) : Buffer.alloc(0);
    await reader.skip(size - content.length + 1);
    return type === 'blob' ? content.toString('utf8') : undefined;
  };
  // Answers come in the order of the questions, so each waits for the one before.
  let last: Promise<unknown> = Promise.resolve();
  const readFile: ReadFile = (path) => {
    const answer = last.then(() => read(path));
    last = answer.catch(() => undefined);
    return answer;
  };
  return { readFile, close: kill };
}

/** `<id> blob <size>`, `dangling <size>` and its like for links, `<name> missing`. */
function parseHeader(header: string): { type: string | undefined; size: number } {
  const [, type, size] =
    /^(?:[0-9a-f]+ )?(blob|tree|commit|tag|dangling|loop|notdir|symlink) (\d+)$/.exec(header) ?? [];
  return { type, size: Number(size ?? 0) };
}
