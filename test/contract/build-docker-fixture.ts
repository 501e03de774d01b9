import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DockerBuildRunner } from '../../engines/docker/build/runner.ts';
import { ensureBusybox } from '../support/base-images.ts';
import { processesWith } from '../support/processes.ts';
import { must, run } from '../support/command.ts';
import { sourceOf } from '../support/tree.ts';
import type { BuildRunnerFixture } from './build-runner/rig.ts';

/** Builds by the Docker engine, with scratch of their own. */
export async function openDockerBuilds(): Promise<BuildRunnerFixture> {
  await ensureBusybox();
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-build-'));
  const installations = new Set<string>();
  const lines = async (...argv: string[]) => (await must('docker', argv)).split('\n').filter(Boolean);
  const tags = (installation: string) =>
    lines('images', '--format', '{{.Repository}}:{{.Tag}}', '--filter', `reference=sluice/${installation}/*`);
  const engine = await must('docker', ['version', '--format', '{{.Server.Version}}']);
  return {
    // BuildKit 0.16.
    secretVariables: Number.parseInt(engine, 10) >= 28,
    runner: new DockerBuildRunner({ scratch }),
    stageSeconds: 10,
    source: sourceOf,
    digestOf: (image) => image,
    runInImage: (image, argv) => must('docker', ['run', '--rm', '--network=none', image, ...argv]),
    everythingIn: (image) => must('docker', ['save', image]),
    imagesOf: async ({ installationId, appId }) => {
      installations.add(installationId);
      return (await tags(installationId)).filter((tag) =>
        tag.startsWith(`sluice/${installationId}/${appId}:`),
      );
    },
    leftovers: async (installationId) => {
      const label = ['--filter', `label=sluice.installation=${installationId}`];
      return [
        ...(await readdir(scratch)),
        ...(await tags(installationId)).filter((tag) => tag.includes('/base:')),
        ...(await lines('images', '-q', '--filter', 'label=sluice.kind=test-image', ...label)),
      ];
    },
    rename: async (from, to) => {
      if (from === '') await must('docker', ['rmi', '--no-prune', to]);
      else await must('docker', ['tag', from, to]);
    },
    processes: processesWith,
    cleanUp: async () => {
      for (const installation of installations) {
        const images = await lines('images', '-q', '--filter', `label=sluice.installation=${installation}`);
        if (images.length > 0) await run('docker', ['rmi', '-f', ...new Set(images)]);
      }
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
