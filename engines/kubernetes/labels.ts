/** Label and annotation keys on every object that the platform makes in a cluster. Nothing without them is ever touched. */
export const LABEL = {
  managedBy: 'app.kubernetes.io/managed-by',
  installation: 'sluice.dev/installation',
  app: 'sluice.dev/app',
  release: 'sluice.dev/release',
  releaseNumber: 'sluice.dev/release-number',
  process: 'sluice.dev/process',
  /** `replica`, `oneoff`, `build`. */
  kind: 'sluice.dev/kind',
  /** 1 to n within its process; on a pod, given by the server. */
  index: 'sluice.dev/index',
  build: 'sluice.dev/build',
  attempt: 'sluice.dev/attempt',
} as const;

export const ANNOTATION = {
  appName: 'sluice.dev/app-name',
  /** Of the server that wrote last; an older one is refused. */
  generation: 'sluice.dev/generation',
  /** On a Deployment or quota: what was asked for, so that what somebody changed by hand can be put back. */
  asked: 'sluice.dev/asked',
  /** On a pod: it was ready once, so that it failed no more at its start. */
  wasReady: 'sluice.dev/was-ready',
  /** On a one-off: its command is let go, so that it counts as started. */
  begun: 'sluice.dev/begun',
} as const;

/** On the namespace of an app, before a release's number: it has Secrets there. The value is the release's id. */
export const SECRETS_OF = 'sluice.dev/secrets-of-v';

export const MANAGED_BY = 'sluice';

/** Selects all that one installation has. */
export function ofInstallation(installationId: string): string {
  return `${LABEL.managedBy}=${MANAGED_BY},${LABEL.installation}=${installationId}`;
}

export function installationLabels(installationId: string): Record<string, string> {
  return { [LABEL.managedBy]: MANAGED_BY, [LABEL.installation]: installationId };
}

/** An app's own namespace: 16 + 16 characters of ids, so at most 40 of the 63 allowed. */
export function appNamespace(installationId: string, appId: string): string {
  return `sluice-${installationId}-${appId}`;
}
