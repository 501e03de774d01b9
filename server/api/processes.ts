import { redactAll } from '../../core/redaction/redact-all.ts';
import type { Process } from '../../core/contracts/resources.ts';
import type { AppRow } from '../store/apps.ts';
import type { ApiDeps } from './deps.ts';
import type { Endpoints } from './endpoints.ts';
import { presentProcesses } from './present/process.ts';

export function registerProcesses(endpoints: Endpoints, deps: ApiDeps): void {
  const { operations } = deps;

  endpoints.answer('listProcesses', async ({ app }) => ({ processes: await processesOf(deps, app) }));

  endpoints.answer('scale', async ({ principal, app, body }) => {
    await operations.scale(principal.person, app, body.processes);
    return { processes: await processesOf(deps, app) };
  });

  endpoints.answer('restart', async ({ principal, app, body }) => {
    await operations.restart(principal.person, app, body.process);
  });
}

async function processesOf({ store, operations, workloads }: ApiDeps, app: AppRow): Promise<Process[]> {
  const specs = operations.liveSpec(app)?.processes ?? [];
  const warm = new Set(
    store.rollouts
      .retiring(app.id)
      .filter((row) => row.keep_left_ms > 0)
      .map((row) => row.release_id),
  );
  const numberOf = (id: string): number | undefined => store.releases.byId(id)?.number;
  const processes = presentProcesses(specs, await workloads.observe(app.id), numberOf, (id) => warm.has(id));
  // Why one is ill may be told in its own last words.
  return redactAll(store.redactors.of(app.id), processes);
}
