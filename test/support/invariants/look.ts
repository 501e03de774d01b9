import type { Platform } from '../platform.ts';
import type { AppFacts, Facts, Told } from './facts.ts';
import { abandonedFiles } from './look/abandoned.ts';
import { appsOfApi } from './look/api.ts';
import { Engine } from './look/engine.ts';
import { type JournalApp, readJournal } from './look/journal.ts';
import { queuedJobs } from './look/queue.ts';
import { gitProcesses, repositoryFacts } from './look/repository.ts';
import { HaproxyMaps, keptRoutes, routeFact } from './look/router.ts';
import { leaks } from './look/secrets.ts';
import { folderTraces } from './look/folders.ts';

/**
 * Reads the journal's file, the refs, the engine and HAProxy by their own tools, and asks the server only for what it
 * shows to people. The pages of apps under test must hold `v=v<release>`, and may hold `t=<token>` and `s=<setting>`.
 */
export async function look(platform: Platform, told: Told): Promise<Facts> {
  const journal = readJournal(platform.paths);
  const engine = new Engine(platform.env, journal.installation);
  const [routes, maps] = await Promise.all([
    keptRoutes(platform.paths),
    HaproxyMaps.read(platform.paths.haproxySocket),
  ]);
  const api = await appsOfApi(platform, journal.apps);
  const [apps, containers, engineTraces, traces, processes, leaked, abandoned, jobs] = await Promise.all([
    Promise.all(
      journal.apps.map(async (app): Promise<AppFacts> => {
        const shown = api.get(app.id);
        if (!shown) throw new Error(`the API does not show ${app.name}`);
        return {
          ...app,
          ...shown,
          ...(await repositoryFacts(platform.paths, app)),
          answer: await answer(platform, app),
          route: routeFact(app.id, routes, maps),
        };
      }),
    ),
    engine.containers(),
    engine.traces(),
    folderTraces(platform.paths),
    gitProcesses(platform.paths),
    leaks(platform, engine, told.secrets),
    abandonedFiles(platform.paths),
    queuedJobs(platform.paths),
  ]);
  return {
    ...told,
    apps,
    destroyed: journal.destroyed,
    containers,
    traces: [
      ...engineTraces,
      ...traces,
      ...[...routes.keys(), ...maps.apps()].map((of) => ({ what: 'route' as const, of })),
    ],
    generation: journal.generation,
    leaks: leaked,
    gitProcesses: processes,
    abandoned,
    jobs,
  };
}

async function answer(platform: Platform, { name }: JournalApp): Promise<AppFacts['answer']> {
  const { status, body } = await platform.get(`${name}.localhost`);
  const release = /\bv=v(\d+)/.exec(body)?.[1];
  const token = /\bt=(\S+)/.exec(body)?.[1];
  const setting = /\bs=(\S+)/.exec(body)?.[1];
  return {
    status,
    ...(release === undefined ? {} : { release: Number(release) }),
    ...(token === undefined ? {} : { token }),
    ...(setting === undefined ? {} : { setting }),
  };
}
