import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appNamespace } from '../../engines/kubernetes/labels.ts';
import { FILES, secretFilesContract } from '../contract/secret-files.ts';
import { allReady, until } from '../contract/workloads.ts';
import { eventually } from '../support/eventually.ts';
import { kubectl } from '../support/cluster.ts';
import { openCluster, releaseOf, type ClusterFixture } from './support/workloads.ts';

secretFilesContract('kubernetes', openCluster);

describe('files of a release in a cluster', () => {
  let fixture: ClusterFixture;
  beforeAll(async () => {
    fixture = await openCluster();
  });
  afterAll(() => fixture.close());

  const worker = () =>
    releaseOf(fixture, undefined, {
      files: FILES,
      processes: [{ type: 'worker', command: 'exec sleep 3600', replicas: 1 }],
    });

  async function secretNames(namespace: string): Promise<string[]> {
    const names = await kubectl(['get', 'secrets', '--namespace', namespace, '--output', 'name']);
    return names.split('\n').filter((name) => /(?:env|files)-v/.test(name));
  }

  it('are an immutable Secret, and go with their release', async () => {
    const release = worker();
    const namespace = appNamespace(fixture.installationId, release.app.id);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    expect(await secretNames(namespace)).toEqual(['secret/env-v1', 'secret/files-v1']);
    const field = ['--output', 'jsonpath={.immutable}'];
    expect(await kubectl(['get', 'secret', 'files-v1', '--namespace', namespace, ...field])).toBe('true');
    const workloads = await kubectl(['get', 'deploy,rs,pods', '--namespace', namespace, '--output', 'json']);
    expect(workloads.includes(FILES.TOKEN)).toBe(false);
    await fixture.workloads.removeRelease(release.app, release.releaseId, 1);
    expect(await secretNames(namespace)).toEqual([]);
    fixture.removals.begin(release.app.id);
  });

  it('are made again for a replica that waits for them', async () => {
    const release = worker();
    const namespace = appNamespace(fixture.installationId, release.app.id);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    await kubectl(['delete', 'secret', 'files-v1', '--namespace', namespace]);
    await kubectl(['delete', 'pods', '--all', '--namespace', namespace, '--grace-period', '1']);
    // As the controller does for as long as a release is not as it should be.
    await eventually(
      'the replica is ready again',
      async () => {
        await fixture.workloads.ensure(release);
        const [one] = await fixture.workloads.observe(release.app.id);
        return one?.state === 'ready' && (await secretNames(namespace)).length === 2;
      },
      180_000,
    );
    fixture.removals.begin(release.app.id);
  });
});
