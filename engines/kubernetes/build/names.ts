import { LABEL, installationLabels } from '../labels.ts';
import type { BuildTask } from '../../port.ts';

type AttemptOf = Pick<BuildTask, 'installationId' | 'appId' | 'buildId' | 'attempt'>;

/** Of the Job and of its Secret; at most 45 of the 63 characters allowed. */
export function jobName({ installationId, buildId, attempt }: Omit<AttemptOf, 'appId'>): string {
  return `build-${installationId}-${buildId}-${attempt}`;
}

/** Of the volume that keeps an app's cache. */
export function cacheName(installationId: string, appId: string): string {
  return `cache-${installationId}-${appId}`;
}

export const BUILD_KIND = 'build';
export const CACHE_KIND = 'build-cache';

export function appLabels(installationId: string, appId: string, kind: string): Record<string, string> {
  return { ...installationLabels(installationId), [LABEL.app]: appId, [LABEL.kind]: kind };
}

export function attemptLabels(task: AttemptOf): Record<string, string> {
  return {
    ...appLabels(task.installationId, task.appId, BUILD_KIND),
    [LABEL.build]: task.buildId,
    [LABEL.attempt]: String(task.attempt),
  };
}

export function selectorOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Name of the image that a build pushes, with its tag. */
export function pushedName(
  registry: string,
  task: Pick<BuildTask, 'installationId' | 'appId' | 'buildNumber'>,
): string {
  return `${registry}/sluice/${task.installationId}/${task.appId}:b${task.buildNumber}`;
}
