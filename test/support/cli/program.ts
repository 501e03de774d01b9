import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Outcome } from './invoke.ts';

const MAIN = resolve(import.meta.dirname, '../../../cli/main.ts');

/** The `sluice` program in a process of its own, with nothing of this environment but PATH. */
export function start(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  folder = '/',
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [MAIN, ...argv], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', ...environment },
  });
}

/** The same, until it ends. */
export async function sluice(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  { input = '', folder = '/' }: { input?: string; folder?: string } = {},
): Promise<Outcome> {
  const child = start(argv, environment, folder);
  const closed = once(child, 'close') as Promise<[number | null]>;
  // A command that ends without reading its stdin.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await closed;
  return { code: code ?? -1, stdout, stderr };
}
