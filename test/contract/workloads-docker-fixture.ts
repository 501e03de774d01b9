import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { expect } from 'vitest';
import { connectDocker } from '../../engines/docker/client.ts';
import {
  DockerWorkloads,
  type DockerWorkloadsOptions,
} from '../../engines/docker/workloads/docker-workloads.ts';
import { LABEL } from '../../engines/docker/workloads/labels.ts';
import { ensureBusybox } from '../support/base-images.ts';
import type { ReleaseSpec } from '../../engines/port.ts';
import { answering, COMMANDS, SERVE } from './behaviours.ts';
import { appRef, type WorkloadsFixture } from './workloads.ts';

export interface DockerFixture extends WorkloadsFixture {
  readonly docker: Docker;
  readonly installationId: string;
  readonly logsFolder: string;
  readonly image: string;
  /** Another instance with other options. */
  openWith(options: Partial<DockerWorkloadsOptions>): DockerWorkloads;
}

/** A Docker engine with an installation of its own, in a range of its own. */
export async function openDocker(appSubnet: string): Promise<DockerFixture> {
  const docker = connectDocker();
  await ensureBusybox();
  const image = 'busybox:1';
  const installationId = crypto.randomUUID().replaceAll('-', '').slice(0, 16);
  const logsFolder = await mkdtemp(join(tmpdir(), 'sluice-logs-'));
  const failures: unknown[] = [];
  const openWith = (options: Partial<DockerWorkloadsOptions>): DockerWorkloads =>
    new DockerWorkloads({
      docker,
      installationId,
      appSubnet,
      limits: { memoryBytes: 64 * 1024 * 1024, cpus: 1, pids: 64 },
      logsFolder,
      drainMs: 50,
      onBackgroundError: (error) => failures.push(error),
      ...options,
    });
  const workloads = openWith({});
  return {
    docker,
    installationId,
    logsFolder,
    image,
    workloads,
    openWith,
    reopen: () => openWith({}),
    user: '',
    web: (behaviour) => ({ image, command: COMMANDS[behaviour] }),
    worker: 'exec sleep 3600',
    copyThenExit: (code) => ({ command: ['/bin/sh', '-c', `cat; echo oops >&2; exit ${code}`] }),
    close: async () => {
      await workloads.sweep(new Set());
      await workloads.close();
      await rm(logsFolder, { recursive: true, force: true });
      if (failures.length > 0) throw new AggregateError(failures, 'work in the background failed');
    },
  };
}

/** Waits until the engine itself keeps all containers of an app up, a moment after they are ready. */
export async function untilKeptUp(docker: Docker, appId: string): Promise<void> {
  const policies = async (): Promise<Set<string | undefined>> => {
    const found = await docker.listContainers({ filters: { label: [`${LABEL.app}=${appId}`] } });
    const seen = await Promise.all(found.map((container) => docker.getContainer(container.Id).inspect()));
    return new Set(seen.map((container) => container.HostConfig.RestartPolicy?.Name));
  };
  await expect.poll(policies).toEqual(new Set(['unless-stopped']));
}

/** A release of a new app with one `web` of this command. */
export function releaseOf(
  fixture: DockerFixture,
  command: string | undefined,
  changes: Partial<ReleaseSpec> = {},
): ReleaseSpec {
  const app = appRef('app');
  return {
    app,
    releaseId: `${app.id}r1`,
    releaseNumber: 1,
    image: fixture.image,
    user: '',
    env: { PORT: '8080', SLUICE_RELEASE: 'v1' },
    files: {},
    port: 8080,
    host: 'shop.localhost',
    health: { path: '/', timeoutSeconds: 60 },
    graceSeconds: 5,
    processes: [{ type: 'web', replicas: 1, ...(command === undefined ? {} : { command }) }],
    ...changes,
  };
}

export { answering, SERVE };
