import type { ReleaseSpec } from '../../port.ts';

/** Label keys on every object that the platform makes in the engine. Nothing without them is ever touched. */
export const LABEL = {
  installation: 'sluice.installation',
  app: 'sluice.app',
  appName: 'sluice.app-name',
  release: 'sluice.release',
  releaseNumber: 'sluice.release-number',
  process: 'sluice.process',
  index: 'sluice.index',
  generation: 'sluice.generation',
  kind: 'sluice.kind',
  key: 'sluice.key',
  address: 'sluice.address',
  port: 'sluice.port',
  host: 'sluice.host',
  healthPath: 'sluice.health-path',
  healthTimeout: 'sluice.health-timeout',
  grace: 'sluice.grace',
} as const;

/** All that is needed to watch a replica, so that a fresh process can go on with what the engine shows. */
export interface ReplicaIdentity {
  readonly installationId: string;
  readonly appId: string;
  readonly appName: string;
  readonly releaseId: string;
  readonly releaseNumber: number;
  readonly process: string;
  readonly index: number;
  /** 1, and one more each time that `ps:restart` replaces it. */
  readonly generation: number;
  /** IPv4 address in the app's network, kept for the container's whole life. */
  readonly address: string;
  readonly port: number;
  readonly host: string;
  readonly healthPath: string;
  readonly healthTimeoutSeconds: number;
  readonly graceSeconds: number;
}

export function replicaIdentity(
  installationId: string,
  release: ReleaseSpec,
  place: { process: string; index: number; generation: number; address: string },
): ReplicaIdentity {
  return {
    installationId,
    appId: release.app.id,
    appName: release.app.name,
    releaseId: release.releaseId,
    releaseNumber: release.releaseNumber,
    ...place,
    port: release.port,
    host: release.host,
    healthPath: release.health.path,
    healthTimeoutSeconds: release.health.timeoutSeconds,
    graceSeconds: release.graceSeconds,
  };
}

export function networkName(installationId: string, appId: string): string {
  return `sluice-${installationId}-${appId}`;
}

/** A release's number is never given again within an app, so neither is this name but for the same replica. */
export function replicaName(id: ReplicaIdentity): string {
  const again = id.generation === 1 ? '' : `-g${id.generation}`;
  return `sluice-${id.installationId}-${id.appId}-v${id.releaseNumber}-${id.process}-${id.index}${again}`;
}

export function replicaLabels(id: ReplicaIdentity): Record<string, string> {
  return {
    [LABEL.kind]: 'replica',
    [LABEL.installation]: id.installationId,
    [LABEL.app]: id.appId,
    [LABEL.appName]: id.appName,
    [LABEL.release]: id.releaseId,
    [LABEL.releaseNumber]: String(id.releaseNumber),
    [LABEL.process]: id.process,
    [LABEL.index]: String(id.index),
    [LABEL.generation]: String(id.generation),
    [LABEL.address]: id.address,
    [LABEL.port]: String(id.port),
    [LABEL.host]: id.host,
    [LABEL.healthPath]: id.healthPath,
    [LABEL.healthTimeout]: String(id.healthTimeoutSeconds),
    [LABEL.grace]: String(id.graceSeconds),
  };
}

/** Reads `replicaLabels` back; undefined when something is missing or is no number where one must be. */
export function readReplicaLabels(labels: Readonly<Record<string, string>>): ReplicaIdentity | undefined {
  const text = (key: string): string => labels[key] ?? '';
  const number = (key: string): number => (text(key) === '' ? Number.NaN : Number(text(key)));
  const id: ReplicaIdentity = {
    installationId: text(LABEL.installation),
    appId: text(LABEL.app),
    appName: text(LABEL.appName),
    releaseId: text(LABEL.release),
    releaseNumber: number(LABEL.releaseNumber),
    process: text(LABEL.process),
    index: number(LABEL.index),
    generation: number(LABEL.generation),
    address: text(LABEL.address),
    port: number(LABEL.port),
    host: text(LABEL.host),
    healthPath: text(LABEL.healthPath),
    healthTimeoutSeconds: number(LABEL.healthTimeout),
    graceSeconds: number(LABEL.grace),
  };
  const complete = Object.values(id).every((value) => value !== '' && !Number.isNaN(value));
  return complete && labels[LABEL.kind] === 'replica' ? id : undefined;
}
