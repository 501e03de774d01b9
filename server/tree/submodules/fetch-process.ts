import type { GitEnv } from '../git.ts';
import { startGit } from '../git.ts';
import { folderBytes } from '../../folder-bytes.ts';

export interface FetchLimits {
  /** Of one submodule. */
  readonly seconds: number;
  /** Of one submodule's repository on disk. */
  readonly bytes: number;
}

export interface FetchTarget {
  /** Bare repository to fetch into. */
  readonly repository: string;
  readonly url: string;
  /** Arguments that keep the host to its checked addresses. */
  readonly pin: readonly string[];
  readonly limits: FetchLimits;
  /** By `performance.now()`. */
  readonly deadline: number;
  readonly env: GitEnv;
  readonly signal?: AbortSignal;
}

export interface FetchFault {
  readonly stderr: string;
  /** What was passed, in words; undefined when git itself gave up. */
  readonly limit?: string;
}

/** How often the size of a fetch under way is looked at; git has no limit of its own for it. */
const WATCH_MS = 200;

/** No other protocol, no redirect to somewhere else, no proxy that would resolve names anew, no credentials. */
const SAFE = {
  'protocol.allow': 'never',
  'protocol.version': '2',
  'http.followRedirects': 'false',
  'http.proxy': '',
  'http.lowSpeedLimit': '1',
  'http.lowSpeedTime': '30',
  'credential.helper': '',
  'transfer.bundleURI': 'false',
  'fetch.uriProtocols': '',
  'gc.auto': '0',
};

/** Arguments, before git's own command, that keep it to one URL's protocol. */
export function safeArguments(url: string): string[] {
  const protocol = new URL(url).protocol.slice(0, -1);
  const config = Object.entries({ ...SAFE, [`protocol.${protocol}.allow`]: 'always' });
  return config.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
}

/** The argv of one fetch, without `git` itself. */
export function fetchArguments(url: string, pin: readonly string[], what: readonly string[]): string[] {
  return [
    ...safeArguments(url),
    ...pin,
    'fetch',
    '--quiet',
    '--no-tags',
    '--no-write-fetch-head',
    '--no-recurse-submodules',
    '--no-auto-maintenance',
    ...what,
  ];
}

/**
 * Runs one fetch; undefined when it went well.
 * @param options such as `--depth=1`
 * @throws the signal's reason once it is aborted and git has ended
 */
export async function runFetch(
  target: FetchTarget,
  options: readonly string[],
  refspec: string,
): Promise<FetchFault | undefined> {
  const { repository, url, pin, limits, env, signal } = target;
  const args = fetchArguments(url, pin, [...options, '--end-of-options', url, refspec]);
  const { child, ended, kill } = startGit(repository, args, env);
  child.stdin.end();
  child.stdout.resume();
  let limit: string | undefined;
  const end = (why: string): void => {
    limit ??= why;
    kill();
  };
  const endWhenLarger = async (): Promise<void> => {
    if ((await folderBytes(repository)) > limits.bytes) end(`it is larger than ${limits.bytes} bytes`);
  };
  const aborted = (): void => kill();
  signal?.addEventListener('abort', aborted);
  if (signal?.aborted === true) kill();
  const tooSlow = (): void => end(`it took longer than ${limits.seconds} s`);
  const timer = setTimeout(tooSlow, Math.max(0, target.deadline - performance.now()));
  const watch = setInterval(() => {
    void endWhenLarger();
  }, WATCH_MS);
  try {
    const { code, stderr } = await ended;
    signal?.throwIfAborted();
    await endWhenLarger();
    if (limit !== undefined) return { stderr, limit };
    return code === 0 ? undefined : { stderr };
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal?.removeEventListener('abort', aborted);
  }
}
