import type { BuildTask, RemoteSource } from '../../port.ts';
import type { RegistrySettings } from '../registry/registry.ts';

/** What the Job's containers are told, in a file. */
export interface JobInput {
  readonly task: BuildTask;
  readonly source: RemoteSource;
  /** Name of the image to push, with its tag. */
  readonly image: string;
  readonly registries: RegistrySettings;
  /** How much of the cache stays for the next build; absent: none does. */
  readonly cacheBytes?: number;
}

/** Where things are in the containers `test` and `build`. */
export const JOB_PATHS = {
  input: '/sluice/input',
  inputFile: '/sluice/input/task.json',
  /** Shared by both, and not by BuildKit, in whose container the app's own commands run. */
  work: '/sluice/work',
  /** config.json as of `docker login`; need not be there. */
  registryLogin: '/sluice/registry',
  socketFolder: '/run/buildkit',
  socket: '/run/buildkit/buildkitd.sock',
} as const;

/** Its place in an image of ours, from the working directory. */
export const JOB_PROGRAM = 'dist/engines/kubernetes/build/job/main.js';
