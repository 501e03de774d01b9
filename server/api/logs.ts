import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { sendLogLines } from './send-log-lines.ts';
import { unlessGone } from './unless-gone.ts';

export function registerLogs(endpoints: Endpoints, { workloads }: ApiDeps): void {
  endpoints.stream('logs', async ({ app, query }, response, gone) => {
    const { tail, follow, process } = query;
    const lines = workloads.logs(
      { id: app.id, name: app.name },
      { tail, follow, signal: gone, ...(process === undefined ? {} : { process }) },
    );
    if (follow) response.flushHeaders();
    await unlessGone(gone, sendLogLines(lines, response, gone));
  });
}
