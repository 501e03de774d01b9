import type { V1Deployment, V1PodTemplateSpec } from '@kubernetes/client-node';
import { ANNOTATION, appNamespace } from '../../labels.ts';

/** What one replica or one-off may use at most. */
export interface ResourceLimits {
  readonly memoryBytes: number;
  /** CPUs, fractions allowed; at least 0.01. */
  readonly cpus: number;
}

/** One process of a release as it was asked for. It stands on its Deployment, so that a fresh server can go on with it. */
export interface AskedProcess {
  readonly appId: string;
  readonly appName: string;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly process: string;
  readonly replicas: number;
  /** One more while a restart replaces one. */
  readonly surge?: 1;
  readonly port: number;
  readonly host: string;
  readonly health: { readonly path: string; readonly timeoutSeconds: number };
  readonly graceSeconds: number;
  /** What each replica may use at most. */
  readonly memoryBytes: number;
  /** Of its pods, as it was rendered when the release was new: a newer platform does not start every app anew. */
  readonly template: V1PodTemplateSpec;
}

/** A release is what it was when it was made, but for these. */
export function changed(
  before: AskedProcess,
  now: Pick<AskedProcess, 'appName' | 'replicas' | 'host' | 'surge'>,
): AskedProcess {
  const { surge: _, ...kept } = before;
  const { appName, replicas, host, surge } = now;
  return { ...kept, appName, replicas, host, ...(surge === undefined ? {} : { surge }) };
}

/** @returns undefined when the annotation is missing or broken */
export function readAsked(deployment: V1Deployment): AskedProcess | undefined {
  const text = deployment.metadata?.annotations?.[ANNOTATION.asked];
  if (text === undefined) return undefined;
  try {
    const asked = JSON.parse(text) as AskedProcess;
    return typeof asked.process === 'string' && typeof asked.replicas === 'number' ? asked : undefined;
  } catch {
    return undefined;
  }
}

/** A release's number is never given again within an app, so neither is this name. */
export function processName(asked: Pick<AskedProcess, 'process' | 'releaseNumber'>): string {
  return `${asked.process}-v${String(asked.releaseNumber)}`;
}

export function namespaceOf(installationId: string, { appId }: Pick<AskedProcess, 'appId'>): string {
  return appNamespace(installationId, appId);
}

/** Config never changes within a release, so its number names it: it can be let go without being read. */
export function environmentName({ releaseNumber }: Pick<AskedProcess, 'releaseNumber'>): string {
  return `env-v${String(releaseNumber)}`;
}
