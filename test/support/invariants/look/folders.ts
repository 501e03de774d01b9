import { readdir } from 'node:fs/promises';
import type { DataPaths } from '../../../../core/paths.ts';
import type { TraceFact } from '../facts.ts';

/** Files and folders in the data folder that are named after an app or a build. */
export async function folderTraces(paths: DataPaths): Promise<TraceFact[]> {
  const [repositories, builds, apps] = await Promise.all(
    [paths.repositories, paths.buildLogs, paths.appLogs].map(async (path) => readdir(path).catch(() => [])),
  );
  return [
    ...(repositories ?? []).map((name) => ({ what: 'repository' as const, of: name.replace(/\.git$/, '') })),
    ...(builds ?? []).map((name) => ({
      what: 'build log' as const,
      of: name.replace(/\.(?:log|mark)$/, ''),
    })),
    ...(apps ?? []).map((of) => ({ what: 'app log' as const, of })),
  ];
}
