import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';

/** Environment for git, handed in by the server's context: `PATH`, a quarantine's object folders, how a fetch logs in. */
export type GitEnv = Readonly<Record<string, string | undefined>>;

/** Nothing of the machine's or a person's git configuration may change what a commit means. */
const FIXED: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  HOME: '/nonexistent',
  LC_ALL: 'C',
};
const PASSED_ON = [
  'PATH',
  'GIT_OBJECT_DIRECTORY',
  'GIT_ALTERNATE_OBJECT_DIRECTORIES',
  'GIT_QUARANTINE_PATH',
  // Of one fetch: how it logs in. An argument would be seen by everybody on the machine.
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_CONFIG_COUNT',
  'GIT_CONFIG_KEY_0',
  'GIT_CONFIG_VALUE_0',
];
const MAX_STDERR = 16 * 1024;

export interface GitProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when git has ended; rejects only when it could not be started. */
  readonly ended: Promise<GitEnd>;
  /** Ends git and what it started. Harmless when it has ended. */
  readonly kill: () => void;
}

export interface GitEnd {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  /** The first 16 KiB. */
  readonly stderr: string;
}

/** Starts git in a process group of its own, because a fetch has children that would outlive it. */
export function startGit(repository: string, args: readonly string[], env: GitEnv): GitProcess {
  const passedOn = Object.fromEntries(
    PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
  const child = spawn('git', ['--git-dir', repository, ...args], {
    env: { ...passedOn, ...FIXED },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (stderr.length < MAX_STDERR) stderr += text.slice(0, MAX_STDERR - stderr.length);
  });
  // Git closes its stdin as soon as it fails; its exit code tells why.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<GitEnd>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code: code ?? undefined, stderr });
    });
  });
  // Whoever needs the end awaits it; nobody has to.
  ended.catch(() => undefined);
  return { child, ended, kill: () => killGroup(child) };
}

/**
 * Runs git to its end and gives its stdout. An aborted signal ends it.
 * @throws GitError when it fails or writes more than `maxBytes`
 */
export async function git(
  repository: string,
  args: readonly string[],
  env: GitEnv,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<Buffer> {
  const { child, ended, kill } = startGit(repository, args, env);
  signal?.addEventListener('abort', kill);
  if (signal?.aborted === true) kill();
  child.stdin.end();
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes)
        throw new GitError(`git ${args[0] ?? ''} wrote more than ${maxBytes} bytes`, undefined, '');
      chunks.push(chunk);
    }
    const { code, stderr } = await ended;
    if (code !== 0) throw new GitError(`git ${args[0] ?? ''} ended with ${code ?? 'a signal'}`, code, stderr);
    return Buffer.concat(chunks, length);
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
  }
}

export class GitError extends Error {
  readonly code: number | undefined;
  readonly stderr: string;

  constructor(message: string, code: number | undefined, stderr: string) {
    super(stderr === '' ? message : `${message}: ${stderr.trim()}`);
    this.name = 'GitError';
    this.code = code;
    this.stderr = stderr;
  }
}

function killGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in between, and nothing of its group is left.
  }
}
