import { requireRelease } from '../operations/require-release.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { optional } from './present/time.ts';
import { sendLogLines } from './send-log-lines.ts';
import { unlessGone } from './unless-gone.ts';

export function registerLogs(endpoints: Endpoints, { store, workloads }: ApiDeps): void {
  endpoints.stream('logs', async ({ app, query }, response, gone) => {
    const { tail, follow, process, release } = query;
    if (release !== undefined) requireRelease(store, app, release);
    const lines = workloads.logs(
      { id: app.id, name: app.name },
      { tail, follow, signal: gone, ...optional('process', process), ...optional('release', release) },
    );
    if (follow) response.flushHeaders();
    await unlessGone(gone, sendLogLines(lines, response, gone));
  });
}
