import { once } from 'node:events';
import { Readable } from 'node:stream';
import { CommitId } from '../../core/names.ts';
import { Refusal } from '../../core/reason.ts';
import { ByteReader } from './byte-reader.ts';
import type { GitEnv, GitProcess } from './git.ts';
import { git, GitError, startGit } from './git.ts';
import type { TreeEntry } from './listing.ts';
import { listTree } from './listing.ts';
import { collectSubmodules } from './submodules/collect.ts';
import { padding, tarHeader } from '../../core/tar-entry.ts';
import type { TreeLimits, TreeOptions, TreePart } from './tree.ts';

/** Small entries leave in chunks of this size. */
const CHUNK = 64 * 1024;
/** PATH_MAX: no system makes a longer link. */
const MAX_TARGET = 4096;
const NO_BYTES = Buffer.alloc(0);

/**
 * The files of a commit as tar entries, without the end-of-archive blocks, so that more entries can follow.
 * Resolves once the commit and its submodules are here. The same commit gives the same bytes.
 * Git's own archive is not used: its export-ignore and export-subst would change what is built.
 * @throws Refusal when a submodule cannot be had, or a limit is passed; the stream fails likewise
 */
export async function openTree(repository: string, commit: string, options: TreeOptions): Promise<Readable> {
  CommitId.parse(commit);
  const mtime = await commitTime(repository, commit, options.env);
  const root: TreePart = {
    repository,
    prefix: NO_BYTES,
    entries: await listTree(repository, commit, options.env),
  };
  const parts = [root, ...(await collectSubmodules(root, commit, options))];
  const entries = parts.reduce((sum, part) => sum + part.entries.length, 0);
  if (entries > options.limits.entries) {
    throw new Refusal(
      422,
      'tree_too_large',
      `The commit and its submodules have ${entries} files; the limit is ${options.limits.entries}`,
      'keep generated files out of git: see .gitignore',
    );
  }
  options.signal?.throwIfAborted();
  const running: GitProcess[] = [];
  const stream = Readable.from(inChunks(partsAsTar(parts, mtime, options, running)), {
    objectMode: false,
    highWaterMark: CHUNK,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  // A generator that waits for git cannot be told to stop; git can.
  stream.once('close', () => {
    for (const process of running) process.kill();
  });
  return stream;
}

async function commitTime(repository: string, commit: string, env: GitEnv): Promise<number> {
  const header = await git(repository, ['cat-file', 'commit', commit], env, 1024 * 1024);
  const seconds = /^committer .*? (\d+) [+-]\d{4}$/m.exec(header.toString('latin1'))?.[1];
  return Number(seconds ?? 0);
}

async function* partsAsTar(
  parts: readonly TreePart[],
  mtime: number,
  { env, limits }: TreeOptions,
  running: GitProcess[],
): AsyncGenerator<Buffer> {
  let left = limits.expandedBytes;
  for (const part of parts) {
    const files = part.entries.filter(({ kind }) => kind !== 'submodule');
    if (files.length === 0) continue;
    const process = startGit(part.repository, ['cat-file', '--batch', '--buffer'], env);
    running.push(process);
    void ask(process, files);
    const reader = new ByteReader(process.child.stdout);
    for (const { kind, id, path } of files as readonly (TreeEntry & {
      kind: 'file' | 'executable' | 'symlink';
    })[]) {
      const size = await blobSize(reader, process, id);
      left -= size;
      if (left < 0) throw tooManyBytes(limits);
      const name = part.prefix.length === 0 ? path : Buffer.concat([part.prefix, path]);
      if (kind === 'symlink') {
        if (size > MAX_TARGET) throw badLink(name);
        const target = await reader.exactly(size);
        if (size === 0 || target.includes(0)) throw badLink(name);
        yield tarHeader({ path: name, kind, size: 0, target, mtime });
      } else {
        yield tarHeader({ path: name, kind, size, mtime });
        for (let rest = size; rest > 0;) {
          const bytes = reader.ready(rest) ?? (await reader.some(rest));
          rest -= bytes.length;
          yield bytes;
        }
        if (padding(size) > 0) yield Buffer.alloc(padding(size));
      }
      await reader.skip(1);
    }
    const { code, stderr } = await process.ended;
    if (code !== 0) throw new GitError(`git cat-file ended with ${code ?? 'a signal'}`, code, stderr);
  }
}

/** Writes the ids as fast as git takes them. */
async function ask({ child }: GitProcess, files: readonly TreeEntry[]): Promise<void> {
  for (let start = 0; start < files.length && !child.stdin.destroyed; start += 500) {
    const ids = files.slice(start, start + 500).map(({ id }) => `${id}\n`);
    if (!child.stdin.write(ids.join(''))) {
      await Promise.race([once(child.stdin, 'drain'), once(child.stdin, 'close')]).catch(() => undefined);
    }
  }
  child.stdin.end();
}

async function blobSize(reader: ByteReader, process: GitProcess, id: string): Promise<number> {
  const header = await reader.line();
  if (header === undefined) {
    const { code, stderr } = await process.ended;
    throw new GitError('git cat-file ended too early', code, stderr);
  }
  const size = header.startsWith(`${id} blob `) ? Number(header.slice(id.length + 6)) : Number.NaN;
  if (!Number.isSafeInteger(size)) throw new GitError(`the repository is damaged: ${header}`, undefined, '');
  return size;
}

function badLink(name: Buffer): Refusal {
  return new Refusal(
    422,
    'hostile_tree',
    `The symlink ${JSON.stringify(String(name))} has no target of 1 to ${MAX_TARGET} bytes`,
    'make the link again with `ln -s` and commit it',
  );
}

function tooManyBytes({ expandedBytes }: TreeLimits): Refusal {
  return new Refusal(
    422,
    'tree_too_large',
    `The files of the commit and its submodules are larger than ${expandedBytes} bytes`,
    'keep large files out of git, or ask the admin for a higher limit',
  );
}

/** Puts small buffers together, because thousands of 512-byte writes cost more than git does. */
async function* inChunks(buffers: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let length = 0;
  for await (const buffer of buffers) {
    waiting.push(buffer);
    length += buffer.length;
    if (length < CHUNK) continue;
    yield Buffer.concat(waiting, length);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(waiting, length);
}
