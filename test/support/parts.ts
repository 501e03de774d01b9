import { join } from 'node:path';
import type { DataPaths } from '../../core/paths.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Processes that make a platform. */
export const PARTS = ['redis', 'router', 'server', 'git', 'builder'] as const;
export type Part = (typeof PARTS)[number];

/** The program of a part and its arguments, as `scripts/platform` starts it. */
export function commandOf(part: Part, paths: DataPaths): [string, string[]] {
  const main: Record<Exclude<Part, 'redis'>, string> = {
    server: 'dist/server/main.js',
    git: 'dist/server/git/main.js',
    router: 'dist/router/main.js',
    builder: 'dist/builder/main.js',
  };
  if (part !== 'redis') return [process.execPath, ['--max-semi-space-size=1', join(ROOT, main[part])]];
  return [
    'redis-server',
    [
      '--port',
      '0',
      '--unixsocket',
      paths.redisSocket,
      '--unixsocketperm',
      '600',
      '--dir',
      join(paths.root, 'redis'),
      '--appendonly',
      'yes',
      '--maxmemory-policy',
      'noeviction',
      '--save',
      '',
    ],
  ];
}
