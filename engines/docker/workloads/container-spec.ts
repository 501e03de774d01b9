import { createHash } from 'node:crypto';
import type { ContainerCreateOptions } from 'dockerode';
import type { OneOffCommand, ReleaseSpec } from '../../port.ts';
import { filesMount } from './secret-files.ts';
import { LABEL, networkName, replicaLabels, replicaName, type ReplicaIdentity } from './labels.ts';

/** What one replica or one-off may use at most. */
export interface ResourceLimits {
  readonly memoryBytes: number;
  /** CPUs, fractions allowed; at least 0.01. */
  readonly cpus: number;
  readonly pids: number;
}

const CPU_PERIOD_MICROSECONDS = 100_000;

/**
 * Capabilities that a web app has no use for. What images do need at their start (changing owner, changing
 * user, low ports) stays.
 */
const DROPPED_CAPABILITIES = ['NET_RAW', 'MKNOD', 'SETFCAP', 'SETPCAP'];

/** The container of one replica. It restarts only once it was ready: see `RESTARTED_ONCE_READY`. */
export function replicaContainer(
  release: ReleaseSpec,
  id: ReplicaIdentity,
  command: string | undefined,
  limits: ResourceLimits,
): ContainerCreateOptions {
  return {
    name: replicaName(id),
    Hostname: `${id.process}-${id.index}`,
    Labels: replicaLabels(id),
    ...(command === undefined ? {} : shell(command)),
    ...confined(release, id.installationId, id.address, limits),
  };
}

/** A one-off command's container, attached before it starts. */
export function oneOffContainer(
  installationId: string,
  release: ReleaseSpec,
  command: OneOffCommand,
  address: string,
  limits: ResourceLimits,
): ContainerCreateOptions {
  return {
    name: oneOffName(installationId, release.app.id, command.key),
    Hostname: 'run-1',
    Labels: {
      [LABEL.kind]: 'oneoff',
      [LABEL.installation]: installationId,
      [LABEL.app]: release.app.id,
      [LABEL.appName]: release.app.name,
      [LABEL.release]: release.releaseId,
      [LABEL.releaseNumber]: String(release.releaseNumber),
      [LABEL.key]: command.key,
      [LABEL.address]: address,
    },
    ...(typeof command.command === 'string' ? shell(command.command) : argv(command.command)),
    Tty: command.tty,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ...confined(release, installationId, address, limits),
  };
}

/** Keys may hold anything, container names may not. */
export function oneOffName(installationId: string, appId: string, key: string): string {
  return `sluice-${installationId}-${appId}-run-${createHash('sha256').update(key).digest('hex').slice(0, 16)}`;
}

/** After its first success the engine itself keeps a replica up, also while the server is down. */
export const RESTARTED_ONCE_READY = { RestartPolicy: { Name: 'unless-stopped' } } as const;

function shell(command: string): Pick<ContainerCreateOptions, 'Entrypoint' | 'Cmd'> {
  return argv(['/bin/sh', '-c', command]);
}

/** An Entrypoint of our own clears both the ENTRYPOINT and the CMD of the image. */
function argv(command: readonly string[]): Pick<ContainerCreateOptions, 'Entrypoint' | 'Cmd'> {
  return { Entrypoint: command.slice(0, 1), Cmd: command.slice(1) };
}

function confined(
  release: ReleaseSpec,
  installationId: string,
  address: string,
  limits: ResourceLimits,
): Pick<ContainerCreateOptions, 'Image' | 'Env' | 'StopTimeout' | 'HostConfig' | 'NetworkingConfig'> {
  const network = networkName(installationId, release.app.id);
  return {
    Image: release.image,
    Env: Object.entries(release.env).map(([key, value]) => `${key}=${value}`),
    StopTimeout: release.graceSeconds,
    HostConfig: {
      Init: true,
      Memory: limits.memoryBytes,
      /** Equal to Memory: no swap beyond it. */
      MemorySwap: limits.memoryBytes,
      CpuPeriod: CPU_PERIOD_MICROSECONDS,
      /** A quota and not NanoCpus, which the engine refuses when the machine has fewer CPUs. */
      CpuQuota: Math.max(1_000, Math.round(limits.cpus * CPU_PERIOD_MICROSECONDS)),
      PidsLimit: limits.pids,
      LogConfig: { Type: 'local', Config: { 'max-size': '10m', 'max-file': '3' } },
      SecurityOpt: ['no-new-privileges'],
      CapDrop: DROPPED_CAPABILITIES,
      RestartPolicy: { Name: 'no' },
      NetworkMode: network,
      ...filesMount(installationId, release),
    },
    NetworkingConfig: { EndpointsConfig: { [network]: { IPAMConfig: { IPv4Address: address } } } },
  };
}
