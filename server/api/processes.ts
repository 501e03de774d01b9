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
  return presentProcesses(specs, await workloads.observe(app.id), (id) => store.releases.byId(id)?.number);
}
