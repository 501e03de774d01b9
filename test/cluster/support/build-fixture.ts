import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BuildRunnerFixture } from '../../contract/build-runner/rig.ts';
import { ClusterBuilds } from '../../support/cluster-builds.ts';
import { must } from '../../support/command.ts';
import { eventually } from '../../support/eventually.ts';
import { processesWith } from '../../support/processes.ts';
import { testSettings } from '../../support/settings.ts';

/** Builds as Jobs on the cluster of the tests, each app with its cache. */
export async function openJobBuilds(): Promise<BuildRunnerFixture> {
  const builds = new ClusterBuilds();
  await builds.start();
  return {
    secretVariables: true,
    runner: builds.runner({ cache: { storageClass: testSettings.clusterStorageClass, size: '1Gi' } }),
    // Its BuildKit is new, and pulls the base image first.
    stageSeconds: 20,
    source: (files, secrets) => builds.trees.source(files, secrets),
    digestOf: (image) => image.replace(/^.*@/, ''),
    runInImage: (image, argv) => builds.runInImage(image, argv),
    everythingIn,
    imagesOf: (task) => builds.imagesOf(task),
    // A Job is heard of before its last container has gone.
    leftovers: () =>
      eventually('no build runs', async () => ((await builds.running()).length === 0 ? [] : undefined)),
    rename: (from, to) => builds.rename(from, to),
    processes: processesWith,
    cleanUp: () => builds[Symbol.asyncDispose](),
  };
}

async function everythingIn(image: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-image-'));
  try {
    const archive = join(folder, 'image.tar');
    // Of the formats that skopeo writes, this one has its layers uncompressed.
    const to = `docker-archive:${archive}`;
    await must('skopeo', ['copy', '--quiet', '--src-tls-verify=false', `docker://${image}`, to]);
    return await readFile(archive, 'latin1');
  } finally {
    await rm(folder, { recursive: true });
  }
}
