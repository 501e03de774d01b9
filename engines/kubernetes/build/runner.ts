import { BUILDER_STOPS } from '../../port.ts';
import type { BuildObserver, BuildOutcome, BuildRunner, BuildSource, BuildTask } from '../../port.ts';
import type { Cluster } from '../api/cluster.ts';
import { removeBuilds, sweepBuilds } from './removal.ts';
import type { JobBuildSettings } from './job-settings.ts';

/** Builds by Jobs, which outlive their runner. */
export class JobBuildRunner implements BuildRunner {
  readonly keepsLog = true;
  private readonly cluster: Cluster;
  private readonly settings: JobBuildSettings;
  private readonly suspects = new Set<string>();

  constructor(cluster: Cluster, settings: JobBuildSettings) {
    this.cluster = cluster;
    this.settings = settings;
  }

  async run(
    task: BuildTask,
    source: BuildSource,
    observer: BuildObserver,
    signal: AbortSignal,
  ): Promise<BuildOutcome> {
    if (signal.aborted) return { result: 'cancelled' };
    if (source.remote === undefined)
      throw new Error('a build in the cluster needs URLs for its tree and secrets');
    const { startJob } = await import('./start-job.ts');
    const { followJob } = await import('./follow-job.ts');
    const { cluster, settings } = this;
    try {
      const job = await startJob(cluster, settings, task, source.remote);
      return await followJob({ cluster, settings, task, observer, signal }, job);
    } catch (error) {
      if (!signal.aborted) throw error;
      if (signal.reason !== BUILDER_STOPS) await removeBuilds(cluster, settings.namespace, task);
      return { result: 'cancelled' };
    }
  }

  async sweep(installationId: string, keep: () => Promise<ReadonlySet<string>>): Promise<void> {
    await sweepBuilds(this.cluster, this.settings.namespace, installationId, keep, this.suspects);
  }
}
