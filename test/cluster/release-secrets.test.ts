import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appNamespace, SECRETS_OF } from '../../engines/kubernetes/labels.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import { FILES } from '../contract/secret-files.ts';
import { SERVE } from '../contract/behaviours.ts';
import { allReady, until } from '../contract/workloads.ts';
import { kubectl } from '../support/cluster.ts';
import { openCluster, releaseOf, type ClusterFixture } from './support/workloads.ts';

describe('config and files of a release that has no replica', () => {
  let fixture: ClusterFixture;
  beforeAll(async () => {
    fixture = await openCluster();
  });
  afterAll(() => fixture.close());

  const namespaceOf = ({ app }: ReleaseSpec): string => appNamespace(fixture.installationId, app.id);

  async function secretsOf(release: ReleaseSpec): Promise<string[]> {
    const namespace = namespaceOf(release);
    const names = await kubectl(['get', 'secrets', '--namespace', namespace, '--output', 'name']);
    return names.split('\n').filter((name) => /(?:env|files)-v/.test(name));
  }

  async function notes(release: ReleaseSpec): Promise<string[]> {
    const query = ['get', 'namespace', namespaceOf(release), '--output', 'jsonpath={.metadata.annotations}'];
    const annotations = JSON.parse(await kubectl(query)) as Record<string, string>;
    return Object.keys(annotations).filter((key) => key.startsWith(SECRETS_OF));
  }

  /** A release phase, as of a release that then does not begin. */
  async function afterCommand(release: ReleaseSpec, command = 'exit 1'): Promise<void> {
    const one = await fixture.workloads.run(release, { key: release.releaseId, command, tty: false });
    one.stream.resume();
    await one.exit;
  }

  it('go with it, though only its release command has run', async () => {
    const live = releaseOf(fixture, SERVE, { files: FILES });
    await fixture.workloads.ensure(live);
    const failed = { ...live, releaseId: `${live.app.id}r2`, releaseNumber: 2 };
    await afterCommand(failed);
    expect(await secretsOf(live)).toEqual(
      ['env-v1', 'env-v2', 'files-v1', 'files-v2'].map((name) => `secret/${name}`),
    );
    const kept = await fixture.workloads.kept(live.app.id);
    expect(kept.map(({ releaseId }) => releaseId)).toEqual([live.releaseId, failed.releaseId]);
    await fixture.workloads.removeRelease(live.app, failed.releaseId, 1);
    expect(await secretsOf(live)).toEqual(['secret/env-v1', 'secret/files-v1']);
    expect(await fixture.workloads.kept(live.app.id)).toEqual([
      { appId: live.app.id, releaseId: live.releaseId },
    ]);
    fixture.removals.begin(live.app.id);
  });

  it('go with it after it was scaled to nothing', async () => {
    const release = releaseOf(fixture, SERVE);
    await fixture.workloads.ensure(release);
    await until(fixture.workloads, release.app.id, allReady(1));
    await fixture.workloads.ensure({
      ...release,
      processes: release.processes.map((process) => ({ ...process, replicas: 0 })),
    });
    await until(fixture.workloads, release.app.id, (replicas) => replicas.length === 0);
    expect(await secretsOf(release)).toEqual(['secret/env-v1']);
    await fixture.workloads.removeRelease(release.app, release.releaseId, 1);
    expect(await secretsOf(release)).toEqual([]);
    expect(await notes(release)).toEqual([]);
    fixture.removals.begin(release.app.id);
  });

  it('are known to the next server, wherever the one before it has died', async () => {
    const release = releaseOf(fixture, SERVE);
    await afterCommand(release, 'true');
    const fresh = fixture.openWith({});
    try {
      expect(await fresh.kept()).toContainEqual({ appId: release.app.id, releaseId: release.releaseId });
      // Dead before the Secret was made, or before the note was taken away.
      await kubectl(['delete', 'secret', 'env-v1', '--namespace', namespaceOf(release)]);
      await fresh.removeRelease(release.app, release.releaseId, 1);
      expect(await notes(release)).toEqual([]);
      expect(await fresh.kept(release.app.id)).toEqual([]);
    } finally {
      await fresh.close();
    }
    fixture.removals.begin(release.app.id);
  });

  it('stay known when the namespace is put back as it was asked for', async () => {
    const release = releaseOf(fixture, SERVE);
    await afterCommand(release, 'true');
    await kubectl([
      'annotate',
      'namespace',
      namespaceOf(release),
      'sluice.dev/app-name=other',
      '--overwrite',
    ]);
    await fixture.workloads.prepareApp(release.app);
    expect(await notes(release)).toEqual([`${SECRETS_OF}1`]);
    fixture.removals.begin(release.app.id);
  });
});
