import type {
  KubernetesObject,
  V1Deployment,
  V1PodDisruptionBudget,
  V1PodTemplateSpec,
  V1Service,
} from '@kubernetes/client-node';
import type { ProcessSpec, ReleaseSpec } from '../../../port.ts';
import { ANNOTATION, LABEL } from '../../labels.ts';
import { appLabels } from './app-objects.ts';
import {
  environmentName,
  namespaceOf,
  processName,
  type AskedProcess,
  type ResourceLimits,
} from './asked.ts';
import { filesOfRelease } from './files.ts';
import { podSpec, resourcesOf } from './pod-spec.ts';

/** Name of the port of `web`, by which EndpointSlices tell it. */
const WEB_PORT = 'web';

/**
 * Seconds that a `web` serves on when somebody else has told it to end, as in a drain: routers hear of it some hundred
 * milliseconds later, and what they cannot send again would be broken. Beside its grace.
 */
export const LEAVE_SECONDS = 1;

/** Seconds after which a Deployment counts as stuck for those who look at it with kubectl. */
const PROGRESS_SECONDS = 600;

function processLabels(installationId: string, asked: Named): Record<string, string> {
  return {
    ...appLabels(installationId, asked.appId),
    [LABEL.kind]: 'replica',
    [LABEL.release]: asked.releaseId,
    [LABEL.releaseNumber]: String(asked.releaseNumber),
    [LABEL.process]: asked.process,
  };
}

type Named = Pick<AskedProcess, 'appId' | 'releaseId' | 'releaseNumber' | 'process'>;

/** One process of a release, as it is asked for the first time. */
export function askedProcess(
  installationId: string,
  release: ReleaseSpec,
  process: ProcessSpec,
  limits: ResourceLimits,
): AskedProcess {
  const { app, releaseId, releaseNumber, port, host, health, graceSeconds } = release;
  const named = { appId: app.id, appName: app.name, releaseId, releaseNumber, process: process.type };
  const { replicas } = process;
  const template = podTemplate(installationId, named, release, process, limits);
  return { ...named, replicas, port, host, health, graceSeconds, memoryBytes: limits.memoryBytes, template };
}

function podTemplate(
  installationId: string,
  named: Named,
  release: ReleaseSpec,
  process: ProcessSpec,
  limits: ResourceLimits,
): V1PodTemplateSpec {
  const contained = {
    image: release.image,
    user: release.user,
    environment: environmentName(release),
    files: filesOfRelease(release),
    graceSeconds: release.graceSeconds + (process.type === 'web' ? LEAVE_SECONDS : 0),
    resources: resourcesOf(limits),
  };
  return {
    metadata: { labels: processLabels(installationId, named) },
    spec: podSpec(
      contained,
      {
        ...(process.command === undefined ? {} : { command: ['/bin/sh', '-c', process.command] }),
        ...(process.type === 'web' ? webPort(release.port) : {}),
      },
      {
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: 'kubernetes.io/hostname',
            whenUnsatisfiable: 'ScheduleAnyway',
            labelSelector: { matchLabels: selectorLabels(named) },
          },
        ],
      },
    ),
  };
}

/** All of one process of a release but its Secret, which processes share. */
export function processObjects(installationId: string, asked: AskedProcess): KubernetesObject[] {
  return [
    ...(asked.process === 'web' ? [serviceObject(installationId, asked)] : []),
    ...(asked.replicas > 1 ? [budgetObject(installationId, asked)] : []),
    deploymentObject(installationId, asked),
  ];
}

export function deploymentObject(installationId: string, asked: AskedProcess): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      ...metadata(installationId, asked),
      annotations: { [ANNOTATION.asked]: JSON.stringify(asked), [ANNOTATION.appName]: asked.appName },
    },
    spec: {
      replicas: asked.replicas + (asked.surge ?? 0),
      revisionHistoryLimit: 1,
      progressDeadlineSeconds: PROGRESS_SECONDS,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      selector: { matchLabels: selectorLabels(asked) },
      template: asked.template,
    },
  };
}

/** So that EndpointSlices are right without a server of ours: the platform itself asks by HTTP. */
function webPort(port: number) {
  return {
    lifecycle: { preStop: { sleep: { seconds: LEAVE_SECONDS } } },
    ports: [{ name: WEB_PORT, containerPort: port, protocol: 'TCP' }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 3, timeoutSeconds: 1 },
  };
}

export function serviceObject(installationId: string, asked: AskedProcess): V1Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(installationId, asked),
    spec: {
      type: 'ClusterIP',
      selector: selectorLabels(asked),
      ports: [{ name: WEB_PORT, port: 80, targetPort: asked.port, protocol: 'TCP' }],
    },
  };
}

export function budgetObject(installationId: string, asked: AskedProcess): V1PodDisruptionBudget {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(installationId, asked),
    spec: { maxUnavailable: 1, selector: { matchLabels: selectorLabels(asked) } },
  };
}

function selectorLabels(asked: Pick<Named, 'releaseId' | 'process'>): Record<string, string> {
  return {
    [LABEL.kind]: 'replica',
    [LABEL.release]: asked.releaseId,
    [LABEL.process]: asked.process,
  };
}

function metadata(installationId: string, asked: AskedProcess) {
  return {
    name: processName(asked),
    namespace: namespaceOf(installationId, asked),
    labels: processLabels(installationId, asked),
  };
}
