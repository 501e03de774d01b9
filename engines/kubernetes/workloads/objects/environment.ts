import type { V1Secret } from '@kubernetes/client-node';
import type { ReleaseSpec } from '../../../port.ts';
import { appNamespace, LABEL } from '../../labels.ts';
import { appLabels } from './app-objects.ts';
import { environmentName } from './asked.ts';

/** A release's environment. */
export function environmentObject(installationId: string, release: ReleaseSpec): V1Secret {
  return releaseSecret(installationId, release, environmentName(release), release.env);
}

/** What a release's pods are given. Nobody changes it: not even we could. */
export function releaseSecret(
  installationId: string,
  release: ReleaseSpec,
  name: string,
  values: Readonly<Record<string, string>>,
): V1Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    immutable: true,
    metadata: {
      name,
      namespace: appNamespace(installationId, release.app.id),
      labels: {
        ...appLabels(installationId, release.app.id),
        [LABEL.release]: release.releaseId,
        [LABEL.releaseNumber]: String(release.releaseNumber),
      },
    },
    data: Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    ),
  };
}
