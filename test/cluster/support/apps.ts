import { afterAll, afterEach, beforeAll } from 'vitest';
import { appNamespace } from '../../../engines/kubernetes/labels.ts';
import type { ReleaseSpec, Replica } from '../../../engines/port.ts';
import { kubectl } from '../../support/cluster.ts';
import { openCluster, releaseOf, type ClusterFixture } from './workloads.ts';

/** Apps of a test file's own installation; each begins to go after its test. */
export class TestApps {
  fixture!: ClusterFixture;
  private readonly apps: string[] = [];

  /** @param waits whether nodes are taken away: the next test begins only when the apps are gone */
  constructor({ waits = false } = {}) {
    beforeAll(async () => {
      this.fixture = await openCluster({ losesNodes: waits });
    });
    afterEach(async () => {
      for (const appId of this.apps.splice(0)) this.fixture.removals.begin(appId);
      if (waits) await this.fixture.removals.over();
    });
    afterAll(() => this.fixture.close());
  }

  release(command: string | undefined, changes: Partial<ReleaseSpec> = {}): ReleaseSpec {
    const made = releaseOf(this.fixture, command, changes);
    this.apps.push(made.app.id);
    return made;
  }

  /** So many replicas of one command. */
  web(command: string, replicas: number): ReleaseSpec {
    return this.release(command, { processes: [{ type: 'web', command, replicas }] });
  }

  namespaceOf({ app }: ReleaseSpec): string {
    return appNamespace(this.fixture.installationId, app.id);
  }

  async kubectl(spec: ReleaseSpec, ...args: string[]): Promise<string> {
    return kubectl([...args, '--namespace', this.namespaceOf(spec)]);
  }

  /** Everything that is shown of an app from now on, at each change. */
  record(spec: ReleaseSpec): { readonly seen: Replica[]; stop(): void } {
    const seen: Replica[] = [];
    const stop = this.fixture.workloads.watch((appId) => {
      if (appId !== spec.app.id) return;
      // What the cluster does not answer while a node leaves is not shown to anybody.
      this.fixture.workloads.observe(appId).then(
        (replicas) => seen.push(...replicas),
        () => undefined,
      );
    });
    return { seen, stop };
  }
}
