import { buildRunnerContract } from '../../contract/build-runner.ts';
import type { BuildRunnerFixture } from '../../contract/build-runner.ts';
import { ClusterBuilds } from '../../support/cluster-builds.ts';
import { eventually } from '../../support/eventually.ts';
import { processesWith } from '../../support/processes.ts';
import { testSettings } from '../../support/settings.ts';

buildRunnerContract('kubernetes', async (): Promise<BuildRunnerFixture> => {
  const builds = new ClusterBuilds();
  await builds.start();
  return {
    runner: builds.runner({ cache: { storageClass: testSettings.clusterStorageClass, size: '1Gi' } }),
    // Its BuildKit is new, and pulls the base image first.
    stageSeconds: 8,
    tree: (files) => builds.trees.tree(files),
    digestOf: (image) => image.replace(/^.*@/, ''),
    runInImage: (image, argv) => builds.runInImage(image, argv),
    imagesOf: (task) => builds.imagesOf(task),
    // A Job is heard of before its last container has gone.
    leftovers: () =>
      eventually('no build runs', async () => ((await builds.running()).length === 0 ? [] : undefined)),
    rename: (from, to) => builds.rename(from, to),
    processes: processesWith,
    cleanUp: () => builds[Symbol.asyncDispose](),
  };
});
