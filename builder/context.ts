import { DockerBuildRunner } from '../engines/docker/build/runner.ts';
import type { BuildRunner } from '../engines/port.ts';
import { Builder } from './builder.ts';
import { Reports } from './report.ts';
import { ServerClient } from './server-client.ts';
import type { BuilderSettings } from './settings.ts';

export interface BuilderContext {
  readonly server: ServerClient;
  readonly runner: BuildRunner;
  readonly builder: Builder;
}

/** Builds every object of the builder. `overrides` put others in their place. */
export async function createContext(
  settings: BuilderSettings,
  overrides: Partial<BuilderContext> = {},
): Promise<BuilderContext> {
  const server = overrides.server ?? new ServerClient(settings.server);
  const runner = overrides.runner ?? (await runnerOf(settings));
  const builder = overrides.builder ?? new Builder(server, runner, settings, new Reports(settings));
  return { server, runner, builder };
}

async function runnerOf(settings: BuilderSettings): Promise<BuildRunner> {
  if (settings.engine === 'kubernetes') {
    const { jobBuildRunner } = await import('./cluster/context.ts');
    return jobBuildRunner();
  }
  return new DockerBuildRunner({
    endpoint: `unix://${settings.dockerSocket}`,
    scratch: settings.scratch,
  });
}
