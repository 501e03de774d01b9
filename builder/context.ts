import { DockerBuildRunner } from '../engines/docker/build/runner.ts';
import type { BuildRunner } from '../engines/port.ts';
import { Builder } from './builder.ts';
import { ServerClient } from './server-client.ts';
import type { BuilderSettings } from './settings.ts';

export interface BuilderContext {
  readonly server: ServerClient;
  readonly runner: BuildRunner;
  readonly builder: Builder;
}

/** Builds every object of the builder. `overrides` put others in their place. */
export function createContext(
  settings: BuilderSettings,
  overrides: Partial<BuilderContext> = {},
): BuilderContext {
  const server = overrides.server ?? new ServerClient(settings.server);
  const runner =
    overrides.runner ??
    new DockerBuildRunner({ endpoint: `unix://${settings.dockerSocket}`, scratch: settings.scratch });
  const builder = overrides.builder ?? new Builder(server, runner, settings, report);
  return { server, runner, builder };
}

function report(message: string, error: unknown): void {
  const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${JSON.stringify({ level: 'error', time: Date.now(), msg: message, cause })}\n`);
}
