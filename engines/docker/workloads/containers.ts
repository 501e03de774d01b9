import type Docker from 'dockerode';
import type { ContainerCreateOptions, ContainerInfo } from 'dockerode';
import { Refusal } from '../../../core/reason.ts';
import type { ReleaseSpec } from '../../port.ts';
import { engineMessage, engineStatus, reached, unless } from '../client.ts';
import { LABEL } from './labels.ts';
import { StartTrouble } from './start-trouble.ts';

export interface ContainerFilter {
  readonly appId?: string;
  readonly releaseId?: string;
  readonly kind?: 'replica' | 'oneoff';
}

/** Containers of one installation in the engine. */
export class Containers {
  readonly docker: Docker;
  private readonly installationId: string;
  private readonly trouble = new StartTrouble();

  constructor(docker: Docker, installationId: string) {
    this.docker = docker;
    this.installationId = installationId;
  }

  /** Running or not. */
  async list(filter: ContainerFilter = {}): Promise<ContainerInfo[]> {
    const label = [
      `${LABEL.installation}=${this.installationId}`,
      ...(filter.appId === undefined ? [] : [`${LABEL.app}=${filter.appId}`]),
      ...(filter.releaseId === undefined ? [] : [`${LABEL.release}=${filter.releaseId}`]),
      ...(filter.kind === undefined ? [] : [`${LABEL.kind}=${filter.kind}`]),
    ];
    return reached(this.docker.listContainers({ all: true, filters: { label } }));
  }

  /** IPv4 addresses that an app's containers have or will have again when they start. */
  async addresses(appId: string): Promise<Set<string>> {
    const containers = await this.list({ appId });
    return new Set(containers.map((container) => container.Labels[LABEL.address] ?? ''));
  }

  /** @throws Refusal that says what is wrong with the image */
  async create(release: ReleaseSpec, options: ContainerCreateOptions): Promise<Docker.Container> {
    try {
      return await reached(this.docker.createContainer(options));
    } catch (error) {
      throw asRefusal(error, release);
    }
  }

  /** @throws Refusal `start_failed` with the engine's words */
  async start(container: Docker.Container): Promise<void> {
    try {
      await unless([304], container.start());
    } catch (error) {
      if (engineStatus(error) === undefined) throw error;
      throw startFailed(engineMessage(error));
    }
  }

  /**
   * For those who try again when it fails.
   * @throws Refusal `start_failed` when it is of no use to try again; another Error when the engine is in trouble
   */
  async startPatiently(container: Docker.Container): Promise<void> {
    try {
      await unless([304], container.start());
      this.trouble.forget(container.id);
    } catch (error) {
      const status = engineStatus(error);
      if (status === undefined) throw error;
      const said = engineMessage(error);
      if (this.trouble.isLasting(container.id, status, said)) throw startFailed(said);
      throw new Error(`the engine failed to start a container: ${said}`, { cause: error });
    }
  }

  /** Removes at once, running or not. */
  async remove(containerId: string): Promise<void> {
    this.trouble.forget(containerId);
    // 409: the engine is removing it already.
    await unless([404, 409], this.docker.getContainer(containerId).remove({ force: true, v: true }));
  }
}

function startFailed(said: string): Refusal {
  return new Refusal(
    422,
    'start_failed',
    `the engine cannot start the container: ${said}`,
    'check USER, WORKDIR, ENTRYPOINT and CMD of the Dockerfile, and the Procfile',
  );
}

function asRefusal(error: unknown, release: ReleaseSpec): unknown {
  const status = engineStatus(error);
  const said = engineMessage(error);
  if (status === 404) {
    return new Refusal(
      409,
      'image_missing',
      `the image of v${release.releaseNumber} is no longer in the engine`,
      `build its commit again: sluice builds:create -a ${release.app.name}`,
      [said],
    );
  }
  if (status === 400 && said.includes('No command specified')) {
    return new Refusal(
      422,
      'no_command',
      'the image says nothing about what to run',
      'add a CMD to the Dockerfile, or a Procfile with a line such as `web: npm start`',
    );
  }
  return error;
}
