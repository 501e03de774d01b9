import type { V1Container, V1Job, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { OneOffCommand, ReleaseSpec } from '../../../port.ts';
import { appNamespace, LABEL } from '../../labels.ts';
import { END_COMMAND, gated } from '../gate.ts';
import { appLabels } from './app-objects.ts';
import { environmentName, type ResourceLimits } from './asked.ts';
import { filesOfRelease } from './files.ts';
import { podSpec, resourcesOf } from './pod-spec.ts';

/** How it ended is known so long. */
export const KEPT_SECONDS = 3_600;

/** A pod for a command as argv, a Job for one of a Procfile, which the cluster runs at most once. */
export function oneOffObject(
  installationId: string,
  release: ReleaseSpec,
  command: OneOffCommand,
  { name, limits }: { readonly name: string; readonly limits: ResourceLimits },
): V1Pod | V1Job {
  const labels = {
    ...appLabels(installationId, release.app.id),
    [LABEL.kind]: 'oneoff',
    [LABEL.release]: release.releaseId,
    [LABEL.releaseNumber]: String(release.releaseNumber),
  };
  const metadata = { name, namespace: appNamespace(installationId, release.app.id), labels };
  const spec = oneOffSpec(release, command, limits);
  if (typeof command.command !== 'string') return { apiVersion: 'v1', kind: 'Pod', metadata, spec };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      ttlSecondsAfterFinished: KEPT_SECONDS,
      template: { metadata: { labels }, spec },
    },
  };
}

function oneOffSpec(
  release: ReleaseSpec,
  { command, tty }: OneOffCommand,
  limits: ResourceLimits,
): V1PodSpec {
  const container: Partial<V1Container> = {
    command: gated(command),
    lifecycle: { preStop: { exec: { command: END_COMMAND } } },
    stdin: true,
    stdinOnce: true,
    tty,
  };
  const contained = {
    image: release.image,
    user: release.user,
    environment: environmentName(release),
    files: filesOfRelease(release),
    graceSeconds: release.graceSeconds,
    resources: resourcesOf(limits),
  };
  return podSpec(contained, container, { restartPolicy: 'Never', hostname: 'run-1' });
}
